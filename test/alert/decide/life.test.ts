import { describe, expect, it } from 'vitest';
import { certificate, clusterSealed, night, node, sealed } from '../build.ts';
import { changesOf, quiet, sweeps, withoutRests } from '../sweeps.ts';

const hour = 3600;
const certUnjudged = { code: 'certificate-expiring', subject: node('vault-1') } as const;
const sealUnjudged = { code: 'node-sealed', subject: node('vault-1') } as const;

describe('a new finding', () => {
  it('fires at once when it is critical', () => {
    const { message, alerts } = sweeps().at(0, { present: [sealed('vault-1')] });
    expect(message).toMatchObject({
      id: 'm-0',
      kind: 'alert',
      severity: 'critical',
      headline: 'payments: node sealed: vault-1',
    });
    expect(changesOf(message)).toEqual(['fired node-sealed node:vault-1']);
    expect(alerts).toMatchObject([
      { status: 'firing', told: true, toldSeverity: 'critical', firedAt: night },
    ]);
  });

  it('waits for its pending time when it is a warning, and then fires once', () => {
    const run = sweeps();
    const present = [certificate('vault-1')];
    expect(run.at(0, { present })).toMatchObject({ alerts: [{ status: 'pending', told: false }] });
    expect(run.at(59, { present }).message).toBeUndefined();
    expect(changesOf(run.at(60, { present }).message)).toEqual(['fired certificate-expiring node:vault-1']);
    expect(run.at(90, { present }).message).toBeUndefined();
  });

  it('by a clock that was ahead waits from the next sweep on, not until that time has come', () => {
    const run = sweeps();
    const present = [certificate('vault-1')];
    run.at(600, { present });
    expect(run.at(0, { present }).message).toBeUndefined();
    expect(run.at(59, { present }).message).toBeUndefined();
    const { message, alerts } = run.at(60, { present });
    expect(changesOf(message)).toEqual(['fired certificate-expiring node:vault-1']);
    expect(alerts).toMatchObject([{ since: night }]);
  });

  it('is not taken for one by a clock that was ahead where this one is a minute behind: it would fire too early', () => {
    const run = sweeps();
    const present = [certificate('vault-1')];
    run.at(60, { present });
    // Another instance, behind by up to a minute.
    const { message, alerts } = run.at(0, { present });
    expect(message).toBeUndefined();
    expect(alerts).toMatchObject([{ since: night + 60_000 }]);
    expect(run.at(119, { present }).message).toBeUndefined();
    expect(changesOf(run.at(120, { present }).message)).toEqual(['fired certificate-expiring node:vault-1']);
  });

  it('vanishes silently when it goes while pending', () => {
    const run = sweeps();
    run.at(0, { present: [certificate('vault-1')] });
    const { message, alerts, transitions } = run.at(30);
    expect({ message, alerts }).toEqual({ message: undefined, alerts: [] });
    expect(transitions).toMatchObject([{ from: 'pending', to: 'none' }]);
  });

  it('fires at once when it turns critical while pending', () => {
    const run = sweeps();
    run.at(0, { present: [certificate('vault-1')] });
    const { message } = run.at(30, { present: [certificate('vault-1', 'critical')] });
    expect(changesOf(message)).toEqual(['fired certificate-expiring node:vault-1']);
  });

  it('is ignored when its subject is not watched', () => {
    expect(sweeps().at(0, { present: [sealed('vault-9')], watched: () => false })).toEqual({
      alerts: [],
      transitions: [],
    });
  });
});

describe('ignorance', () => {
  it('resolves nothing', () => {
    const run = sweeps();
    const { alerts } = run.at(0, { present: [sealed('vault-1')] });
    const later = run.at(30, { unjudged: [sealUnjudged] });
    expect(later).toEqual({ alerts, transitions: [] });
  });

  it('does not ripen a pending finding', () => {
    const run = sweeps();
    run.at(0, { present: [certificate('vault-1')] });
    expect(run.at(90, { unjudged: [certUnjudged] }).message).toBeUndefined();
    expect(run.alerts()).toMatchObject([{ status: 'pending' }]);
    const { message } = run.at(120, { present: [certificate('vault-1')] });
    expect(changesOf(message)).toEqual(['fired certificate-expiring node:vault-1']);
  });

  it('still reminds, and says that it is ignorance', () => {
    const run = sweeps();
    run.at(0, { present: [sealed('vault-1')] });
    const { message } = run.at(hour, { unjudged: [sealUnjudged] });
    expect(message?.changes).toMatchObject([
      { change: 'reminder', note: 'cannot be judged now: the node did not answer' },
    ]);
  });
});

describe('the end', () => {
  it('is told, with how long it took', () => {
    const run = sweeps();
    run.at(0, { present: [sealed('vault-1')] });
    const { message, alerts, transitions } = run.at(240);
    expect(message).toMatchObject({
      kind: 'resolved',
      severity: 'critical',
      headline: 'payments: recovered: node sealed: vault-1, after 4 min',
    });
    expect(withoutRests(alerts)).toEqual([]);
    expect(transitions).toEqual([
      {
        at: night + 240_000,
        cluster: 'payments',
        what: 'node-sealed node:vault-1',
        from: 'firing',
        to: 'resolved',
      },
    ]);
    expect(run.at(270).message).toBeUndefined();
  });

  it('says what is still open', () => {
    const run = sweeps();
    run.at(0, { present: [sealed('vault-1'), sealed('vault-2')] });
    const { message } = run.at(240, { present: [sealed('vault-2')] });
    expect(message?.headline).toBe('payments: recovered: node sealed: vault-1, after 4 min; 1 still open');
    expect(message?.open).toMatchObject([{ change: 'still', finding: { subject: node('vault-2') } }]);
  });

  it('comes for a subject that nobody watches any more, and says so', () => {
    const run = sweeps();
    run.at(0, { present: [sealed('vault-1')] });
    const { message } = run.at(60, { watched: () => false });
    expect(message?.headline).toBe('payments: no longer watched: node sealed: vault-1, after 1 min');
    expect(message?.changes).toMatchObject([{ change: 'resolved', note: 'no longer watched' }]);
  });

  it('reaches those who only hear critical messages when a critical finding ended as a warning', () => {
    const run = sweeps();
    run.at(0, { present: [certificate('vault-1', 'critical')] });
    run.at(30, { present: [certificate('vault-1')] });
    expect(run.at(60).message).toMatchObject({ kind: 'resolved', severity: 'critical' });
  });
});

describe('a finding that grows worse', () => {
  const grown = { present: [certificate('vault-1', 'critical')] };
  const start = () => {
    const run = sweeps();
    run.at(0, { present: [certificate('vault-1')] });
    run.at(60, { present: [certificate('vault-1')] });
    return run;
  };

  it('is told again, once', () => {
    const run = start();
    expect(changesOf(run.at(90, grown).message)).toEqual(['worse certificate-expiring node:vault-1']);
    expect(run.at(120, grown).message).toBeUndefined();
  });

  it('is told although the lesser evil was acknowledged, and that acknowledgement is over', () => {
    const run = start();
    const quiets = [quiet('acknowledge', 70, 9 * hour)];
    run.at(90, { present: [certificate('vault-1')], quiets });
    const { message, alerts } = run.at(120, { ...grown, quiets });
    expect(changesOf(message)).toEqual(['worse certificate-expiring node:vault-1']);
    expect(alerts).toMatchObject([{ status: 'firing' }]);
    expect(alerts[0]).not.toHaveProperty('acknowledgedBy');
  });

  it('is not told again each time it swings between the same two', () => {
    const run = start();
    run.at(90, grown);
    expect(run.at(120, { present: [certificate('vault-1')] }).message).toBeUndefined();
    expect(run.at(150, grown).message).toBeUndefined();
  });
});

describe('reminders', () => {
  it('come after their time, all due ones in one message', () => {
    const run = sweeps();
    const present = [sealed('vault-1'), sealed('vault-2')];
    run.at(0, { present });
    expect(run.at(hour - 1, { present }).message).toBeUndefined();
    const { message } = run.at(hour, { present });
    expect(message).toMatchObject({
      kind: 'reminder',
      headline: 'payments: still: node sealed: vault-1, vault-2, for 1 h',
    });
    expect(run.at(hour + 30, { present }).message).toBeUndefined();
  });

  it('never come where they are turned off', () => {
    const run = sweeps();
    const info = { present: [{ ...certificate('vault-1'), severity: 'info' as const }] };
    run.at(0, info);
    expect(changesOf(run.at(300, info).message)).toHaveLength(1);
    expect(run.at(1000 * hour, info).message).toBeUndefined();
  });
});

describe('what is kept', () => {
  it('stays as last told while only measurements change', () => {
    const run = sweeps();
    const { alerts } = run.at(0, { present: [sealed('vault-1', { evidence: ['answered in 12 ms'] })] });
    expect(run.at(30, { present: [sealed('vault-1', { evidence: ['answered in 19 ms'] })] }).alerts).toEqual(
      alerts,
    );
  });

  it('follows when the finding says something else', () => {
    const run = sweeps();
    run.at(0, { present: [sealed('vault-1')] });
    const summary = 'vault-1 is sealed (2 of 3 shares)';
    const { message, alerts } = run.at(30, { present: [sealed('vault-1', { summary })] });
    expect(message).toBeUndefined();
    expect(alerts).toMatchObject([{ finding: { summary } }]);
  });

  it('is bounded, on one line and free of invisible characters', () => {
    const evidence = Array.from({ length: 9 }, () => `a\u202eb\nc\ud800${'x'.repeat(999)}`);
    const { alerts } = sweeps().at(0, { present: [sealed('vault-1', { evidence })] });
    const kept = alerts[0]?.finding.evidence ?? [];
    expect(kept).toHaveLength(5);
    expect(kept[0]).toHaveLength(300);
    expect(kept[0]).toMatch(/^ab c\ufffdx+…$/);
  });
});

describe('one message', () => {
  it('names every failed node and counts the rest', () => {
    const present = [
      clusterSealed(['vault-0', 'vault-1', 'vault-2']),
      ...['vault-0', 'vault-1', 'vault-2'].map((name) => sealed(name, { under: 'cluster-sealed' })),
      certificate('vault-0', 'critical'),
    ];
    const { message } = sweeps().at(0, { present });
    expect(message?.headline).toBe('payments: cluster sealed: vault-0, vault-1, vault-2; and 1 more');
    expect(changesOf(message)).toEqual([
      'fired cluster-sealed cluster',
      'fired certificate-expiring node:vault-0',
    ]);
  });

  it('names only the nodes of the worst finding', () => {
    const { message } = sweeps().at(0, { present: [sealed('vault-1'), certificate('vault-2', 'critical')] });
    expect(message?.headline).toBe('payments: node sealed: vault-1; and 1 more');
  });

  it('puts what fired before what recovered, whatever their severities', () => {
    const run = sweeps();
    run.at(0, { present: [sealed('vault-1'), certificate('vault-2')] });
    const { message } = run.at(60, { present: [certificate('vault-2')] });
    expect(message).toMatchObject({ kind: 'alert', headline: 'payments: certificate expiring: vault-2' });
    expect(changesOf(message)).toEqual([
      'fired certificate-expiring node:vault-2',
      'resolved node-sealed node:vault-1',
    ]);
  });

  it('carries a hold that stands, of this cluster only', () => {
    const hold = { cluster: 'payments', by: 'Bo', reason: 'restore in progress', until: night + 60_000 };
    const present = [sealed('vault-1')];
    expect(sweeps().at(0, { present, hold }).message?.hold).toEqual(hold);
    expect(sweeps().at(60, { present, hold }).message).not.toHaveProperty('hold');
    expect(sweeps().at(0, { present, hold: { ...hold, cluster: 'other' } }).message).not.toHaveProperty(
      'hold',
    );
  });
});
