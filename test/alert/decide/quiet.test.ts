import { describe, expect, it } from 'vitest';
import { certificate, sealed } from '../build.ts';
import { changesOf, quiet, sweeps } from '../sweeps.ts';

const hour = 3600;
const present = [sealed('vault-1')];

describe('an acknowledgement', () => {
  const fired = () => {
    const run = sweeps();
    run.at(0, { present });
    return run;
  };

  it('is told once, with its name', () => {
    const run = fired();
    const quiets = [quiet('acknowledge', 10, 9 * hour)];
    const { message, transitions } = run.at(30, { present, quiets });
    expect(message).toMatchObject({
      kind: 'acknowledged',
      headline: 'payments: acknowledged by Ann: node sealed: vault-1',
    });
    expect(transitions).toMatchObject([{ from: 'firing', to: 'acknowledged' }]);
    expect(run.at(60, { present, quiets }).message).toBeUndefined();
  });

  it('stops reminders, and ends with one', () => {
    const run = fired();
    const quiets = [quiet('acknowledge', 10, 2 * hour)];
    run.at(30, { present, quiets });
    expect(run.at(hour + 60, { present, quiets }).message).toBeUndefined();
    const { message, alerts } = run.at(2 * hour, { present, quiets });
    expect(message?.changes).toMatchObject([
      { change: 'reminder', note: 'the acknowledgement by Ann has ended' },
    ]);
    expect(alerts).toMatchObject([{ status: 'firing' }]);
    expect(run.at(2 * hour + 30, { present, quiets }).message).toBeUndefined();
  });

  it('does not swallow the end', () => {
    const run = fired();
    const quiets = [quiet('acknowledge', 10, 9 * hour)];
    run.at(30, { present, quiets });
    expect(run.at(60, { quiets }).message).toMatchObject({ kind: 'resolved' });
  });

  it('of the whole cluster holds only for what had fired before', () => {
    const run = fired();
    const quiets = [quiet('acknowledge', 10, 9 * hour)];
    const { message, alerts } = run.at(30, { present: [...present, sealed('vault-2')], quiets });
    expect(message?.kind).toBe('alert');
    expect(changesOf(message)).toEqual([
      'fired node-sealed node:vault-2',
      'acknowledged node-sealed node:vault-1',
    ]);
    expect(alerts.map((alert) => alert.status)).toEqual(['acknowledged', 'firing']);
  });

  it('does not hold for the same finding when it comes back', () => {
    const run = fired();
    const quiets = [quiet('acknowledge', 10, 9 * hour)];
    run.at(30, { quiets });
    expect(changesOf(run.at(60, { present, quiets }).message)).toEqual(['fired node-sealed node:vault-1']);
  });

  it('by key, or of another cluster, leaves the others alone', () => {
    const run = fired();
    const key = 'node-sealed node:vault-7';
    const quiets = [
      quiet('acknowledge', 10, hour, { key }),
      quiet('acknowledge', 10, hour, { cluster: 'billing' }),
    ];
    expect(run.at(30, { present, quiets })).toMatchObject({
      alerts: [{ status: 'firing' }],
      transitions: [],
    });
  });

  it('given by two people keeps the first name and is told once', () => {
    const run = fired();
    const ann = quiet('acknowledge', 10, hour);
    run.at(30, { present, quiets: [ann] });
    const { message, alerts } = run.at(60, {
      present,
      quiets: [quiet('acknowledge', 40, 2 * hour, { by: 'Bo' }), ann],
    });
    expect(message).toBeUndefined();
    expect(alerts).toMatchObject([{ acknowledgedBy: 'Ann' }]);
  });
});

describe('a silence', () => {
  it('hides what was told, and still ends with a resolved message', () => {
    const run = sweeps();
    run.at(0, { present });
    const quiets = [quiet('silence', 10, 9 * hour)];
    expect(run.at(30, { present, quiets })).toMatchObject({ alerts: [{ status: 'silenced' }] });
    expect(run.at(2 * hour, { present, quiets }).message).toBeUndefined();
    expect(run.at(3 * hour, { quiets }).message).toMatchObject({ kind: 'resolved' });
  });

  it('hides new findings too, and nobody hears of their end', () => {
    const run = sweeps();
    const quiets = [quiet('silence', -10, hour)];
    expect(run.at(0, { present, quiets }).message).toBeUndefined();
    expect(run.at(30, { quiets })).toMatchObject({
      alerts: [],
      transitions: [{ from: 'silenced', to: 'resolved' }],
    });
  });

  it('hides that something grew worse, until it ends', () => {
    const run = sweeps();
    run.at(0, { present: [certificate('vault-1')] });
    run.at(60, { present: [certificate('vault-1')] });
    const worse = { present: [certificate('vault-1', 'critical')], quiets: [quiet('silence', 70, 600)] };
    expect(run.at(90, worse).message).toBeUndefined();
    expect(changesOf(run.at(600, worse).message)).toEqual(['worse certificate-expiring node:vault-1']);
  });

  it('ends by telling what began meanwhile, and reminding of what had been told', () => {
    const run = sweeps();
    run.at(0, { present });
    const both = { present: [...present, sealed('vault-2')], quiets: [quiet('silence', 10, 600)] };
    expect(run.at(30, both).message).toBeUndefined();
    expect(changesOf(run.at(600, both).message)).toEqual([
      'fired node-sealed node:vault-2',
      'reminder node-sealed node:vault-1',
    ]);
  });

  it('is left out of what a message calls open', () => {
    const run = sweeps();
    run.at(0, { present });
    const quiets = [quiet('silence', 10, hour, { key: 'node-sealed node:vault-1' })];
    const { message } = run.at(30, { present: [...present, sealed('vault-2')], quiets });
    expect(changesOf(message)).toEqual(['fired node-sealed node:vault-2']);
    expect(message?.open).toEqual([]);
  });
});
