/** The embedded host over time: real @azure/functions, real sockets. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { app, type Timer } from '@azure/functions';
import { describe, expect, test, vi } from 'vitest';
import { answerTo, records, start } from './host-under-test.ts';

/** A promise and its ends. */
function gate<T = void>() {
  return Promise.withResolvers<T>();
}

describe('timers', () => {
  test('the schedule runs the function with timer data', async () => {
    const ran = gate<Timer>();
    await start(() =>
      app.timer('probe', { schedule: '%EVERY_SECOND%', handler: (timer) => ran.resolve(timer) }),
    );
    const timer = await ran.promise;
    expect(timer.isPastDue).toBe(false);
    expect(Date.parse(timer.scheduleStatus.next)).toBeGreaterThan(0);
  });

  test('invoke runs it now, and fails as it fails', async () => {
    let runs = 0;
    const host = await start(() => {
      app.timer('good', { schedule: '%NEVER%', handler: () => void (runs += 1) });
      app.timer('bad', { schedule: '%NEVER%', handler: () => Promise.reject(new Error('no fleet')) });
      app.get('page', () => ({}));
    });
    await host.invoke('good');
    expect(runs).toBe(1);
    await expect(host.invoke('bad')).rejects.toThrow('no fleet');
    await host.invoke('good');
    expect(runs).toBe(2);
    await expect(host.invoke('page')).rejects.toThrow('there are: good, bad');
  });

  test('invoke waits for a run that is under way: they never overlap', async () => {
    const gates = [gate(), gate()];
    const order: string[] = [];
    let run = 0;
    const host = await start(() =>
      app.timer('probe', {
        schedule: '%NEVER%',
        handler: async () => {
          const mine = run++;
          order.push(`begin ${mine}`);
          await gates[mine]?.promise;
          order.push(`end ${mine}`);
        },
      }),
    );
    const both = [host.invoke('probe'), host.invoke('probe')];
    gates[1]?.resolve();
    gates[0]?.resolve();
    await Promise.all(both);
    expect(order).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1']);
  });
});

describe('the log of functions', () => {
  test('context.log ends in the host log, with the function that said it', async () => {
    const host = await start(() =>
      app.timer('talk', {
        schedule: '%NEVER%',
        handler: (_timer, context) => {
          context.log('seen %d', 3);
          context.warn('careful');
          context.error('bad');
        },
      }),
    );
    await host.invoke('talk');
    const said = records.filter(({ event }) => event === 'function-log');
    expect(said.map(({ level, function: name, text }) => [level, name, text])).toEqual([
      ['info', 'talk', 'seen 3'],
      ['warn', 'talk', 'careful'],
      ['error', 'talk', 'bad'],
    ]);
  });
});

describe('the log of the library', () => {
  test('ends in the host log too, and not on the console', async () => {
    const { url } = await start(() => app.get('page', () => ({})));
    const raw = vi.spyOn(console, 'warn');
    const body = 'Content-Length: 3\r\n\r\nabc';
    await answerTo(url, `GET /api/page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${body}`);
    expect(records.filter(({ level }) => level === 'warn')).toMatchObject([
      { event: 'function-log', text: expect.stringContaining('Discarding the body') },
    ]);
    expect(raw).not.toHaveBeenCalled();
  });
});

describe('stopping', () => {
  test('waits for what runs, and lets its answer out', async () => {
    const begun = gate();
    const finish = gate();
    const host = await start(() =>
      app.get('slow', async () => {
        begun.resolve();
        await finish.promise;
        return { body: 'done' };
      }),
    );
    const response = fetch(`${host.url}/api/slow`);
    await begun.promise;
    const closed = host.close();
    finish.resolve();
    expect(await (await response).text()).toBe('done');
    await closed;
    await expect(fetch(`${host.url}/api/slow`)).rejects.toThrow();
    expect(host.close()).toBe(closed);
  });

  test('takes no trigger any more', async () => {
    const host = await start(() => app.timer('probe', { schedule: '%NEVER%', handler: () => undefined }));
    await host.close();
    await expect(host.invoke('probe')).rejects.toThrow('stopping');
  });

  test('cuts a request that never becomes whole', async () => {
    const host = await start(() => app.post('page', () => ({})));
    const half = 'POST /api/page HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n';
    const socket = createConnection(Number(new URL(host.url).port), '127.0.0.1', () => socket.write(half));
    // The host reads it from here on.
    expect(String((await once(socket, 'data'))[0])).toContain('100 Continue');
    const cut = once(socket, 'close');
    await host.close();
    await cut;
  });
});
