/** A headline that foretold an outage is told anew when that begins: an old acknowledgement must not swallow it. */
import { describe, expect, it } from 'vitest';
import { type FindingCode, finding } from '../../../shared/finding.ts';
import { cluster, node } from '../build.ts';
import { changesOf, quiet, sweeps } from '../sweeps.ts';

const hour = 3600;
const dead = finding('seal-not-ready', cluster, 'its seal does not work', []);
const refusing = (name: string, under?: FindingCode) =>
  finding('node-unreachable', node(name), `${name} does not answer`, [], under ? { under } : {});
const under = (name: string) => refusing(name, 'seal-not-ready');
const acknowledged = [quiet('acknowledge', 10, 48 * hour)];

function known() {
  const run = sweeps();
  run.at(0, { present: [dead] });
  run.at(30, { present: [dead], quiets: acknowledged });
  return run;
}

describe('a dead seal that somebody has acknowledged', () => {
  it('is told again, once, when a node that cannot start has been down for as long as that has to last', () => {
    const run = known();
    const present = [dead, under('vault-1')];
    expect(run.at(hour, { present, quiets: acknowledged }).message).toBeUndefined();
    const { message, alerts } = run.at(hour + 60, { present, quiets: acknowledged });
    expect(message).toMatchObject({
      kind: 'alert',
      severity: 'critical',
      headline: 'payments: seal is dead, cannot start: vault-1',
    });
    expect(changesOf(message)).toEqual(['fired seal-not-ready cluster']);
    expect(alerts).toMatchObject([{ status: 'firing' }, { told: false }]);
    expect(run.at(hour + 90, { present, quiets: acknowledged }).message).toBeUndefined();
  });

  it('is told again for each further node, and for an outage of the whole', () => {
    const run = known();
    const headline = (seconds: number, names: string[], more: FindingCode[] = []) => {
      const outages = more.map((code) => finding(code, cluster, code, [], { under: 'seal-not-ready' }));
      const present = [dead, ...names.map(under), ...outages];
      return run.at(seconds, { present, quiets: acknowledged }).message?.headline;
    };
    expect(headline(hour, ['vault-1'])).toBeUndefined();
    expect(headline(hour + 60, ['vault-1', 'vault-2'])).toContain('cannot start: vault-1, vault-2');
    // It was named.
    expect(headline(hour + 120, ['vault-1', 'vault-2'])).toBeUndefined();
    const three = ['vault-0', 'vault-1', 'vault-2'];
    expect(headline(hour + 150, three)).toBeUndefined();
    expect(headline(hour + 210, three)).toContain('cannot start: vault-0, vault-1, vault-2');
    expect(headline(hour + 240, three, ['no-leader'])).toContain('cannot start');
    expect(headline(hour + 270, three, ['no-leader'])).toBeUndefined();
  });

  it('stays quiet when what comes under it is no outage', () => {
    const run = known();
    const late = finding('seal-backend-unhealthy', cluster, 'late', [], { under: 'seal-not-ready' });
    for (const seconds of [hour, 2 * hour])
      expect(run.at(seconds, { present: [dead, late], quiets: acknowledged }).message).toBeUndefined();
  });

  it('stays quiet while it is silenced, and says so when the silence ends', () => {
    const run = sweeps();
    run.at(0, { present: [dead] });
    const quiets = [quiet('silence', 10, 2 * hour)];
    const present = [dead, under('vault-1')];
    for (const seconds of [30, hour, hour + 60])
      expect(run.at(seconds, { present, quiets }).message).toBeUndefined();
    expect(run.at(2 * hour, { present, quiets }).message?.headline).toContain('cannot start: vault-1');
  });
});

describe('a dead seal that is first seen with its outage', () => {
  it('is told once', () => {
    const run = sweeps();
    const present = [dead, under('vault-1')];
    expect(run.at(0, { present }).message?.headline).toBe('payments: seal is dead, cannot start: vault-1');
    for (const seconds of [30, 60, 90, 120]) expect(run.at(seconds, { present }).message).toBeUndefined();
  });

  it('takes over from a node that was told before it', () => {
    const run = sweeps();
    run.at(0, { present: [refusing('vault-1')] });
    run.at(60, { present: [refusing('vault-1')] });
    const { message } = run.at(600, { present: [dead, under('vault-1')] });
    expect(changesOf(message)).toEqual(['fired seal-not-ready cluster']);
    expect(run.at(660, { present: [dead, under('vault-1')] }).message).toBeUndefined();
  });
});

it.each([
  ['no-leader', 60, 60],
  ['no-leader', 240, 60],
  ['node-unreachable', 120, 60],
] as const)(
  '%s that comes for %i s and goes for %i s under it does not ask for an acknowledgement each time',
  (code, down, up) => {
    const run = sweeps();
    const subject = code === 'no-leader' ? cluster : node('vault-1');
    const below = finding(code, subject, 'down', [], { under: 'seal-not-ready' });
    run.at(0, { present: [dead] });
    const toldAt: number[] = [];
    for (let s = 30; s < 2 * hour; s += 30) {
      const present = s % (down + up) < down ? [dead, below] : [dead];
      // A person acknowledges each message before the next sweep.
      const { message } = run.at(s, { present, quiets: [quiet('acknowledge', s - 10, 48 * hour)] });
      if (message?.kind === 'alert') toldAt.push(s);
    }
    expect(toldAt[0]).toBeLessThanOrEqual(down + up + 60);
    expect(toldAt.length).toBeLessThanOrEqual(5);
    // It stays away no longer: after a while of that it is told, whatever came before.
    let last: number | undefined;
    for (let s = 2 * hour; s < 2 * hour + 900; s += 30) {
      const { message } = run.at(s, {
        present: [dead, below],
        quiets: [quiet('acknowledge', 2 * hour - 20, 48 * hour)],
      });
      if (message?.kind === 'alert') last = s;
    }
    expect(last).toBeGreaterThan(2 * hour);
  },
);
