import { describe, expect, it } from 'vitest';
import { Silence } from '../../shared/probe/gather/silence.ts';
import { Slots } from '../../shared/probe/gather/slots.ts';
import { ManualClock } from '../fakes/clock.ts';

function unexpected(error: unknown): void {
  throw error;
}

describe('slots', () => {
  it('let no more work run at once than there are', async () => {
    const slots = new Slots(2);
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      await slots.take();
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      slots.giveBack();
    };
    await Promise.all(Array.from({ length: 20 }, work));
    expect(most).toBe(2);
  });

  it('go to those behind when nobody else waits, and not before', async () => {
    const slots = new Slots(1);
    await slots.take();
    const order: string[] = [];
    const work = async (name: string, behind: boolean): Promise<void> => {
      await slots.take(behind);
      order.push(name);
      slots.giveBack();
    };
    const all = Promise.all([work('silent', true), work('first', false), work('second', false)]);
    slots.giveBack();
    await all;
    expect(order).toEqual(['first', 'second', 'silent']);
  });
});

describe('silence', () => {
  it('goes on when a callback throws, and passes the error on', async () => {
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const silence = new Silence(clock, 10, (error) => errors.push(error));
    const called: string[] = [];
    silence.after(100, () => {
      throw new Error('broken');
    });
    silence.after(100, () => called.push('beside it'));
    await clock.advance(200);
    silence.after(100, () => called.push('after it'));
    await clock.advance(200);
    expect(called).toEqual(['beside it', 'after it']);
    expect(errors).toEqual([new Error('broken')]);
  });

  it('calls back once the time is over, and not before', async () => {
    const clock = new ManualClock();
    const silence = new Silence(clock, 10, unexpected);
    const called: string[] = [];
    silence.after(100, () => called.push('first'));
    silence.after(300, () => called.push('second'));
    await clock.advance(90);
    expect(called).toEqual([]);
    await clock.advance(20);
    expect(called).toEqual(['first']);
    await clock.advance(200);
    expect(called).toEqual(['first', 'second']);
  });

  it('does not call back what was cancelled, and keeps no timer when nobody waits', async () => {
    const clock = new ManualClock();
    const silence = new Silence(clock, 10, unexpected);
    let called = false;
    const cancel = silence.after(50, () => (called = true));
    cancel();
    await clock.advance(100);
    expect(called).toBe(false);
    expect(clock.sleeping).toBe(0);
  });

  it('serves a thousand waits with one timer', () => {
    const clock = new ManualClock();
    const silence = new Silence(clock, 10, unexpected);
    for (let i = 0; i < 1000; i += 1) silence.after(50, () => expect.unreachable());
    expect(clock.sleeping).toBe(1);
  });
});
