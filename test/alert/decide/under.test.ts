import { describe, expect, it } from 'vitest';
import { type FindingCode, finding } from '../../../shared/finding.ts';
import { certificate, cluster, clusterSealed, sealed } from '../build.ts';
import { changesOf, quiet, sweeps, withoutRests } from '../sweeps.ts';

const names = ['vault-0', 'vault-1', 'vault-2'];
const under = (name: string) => sealed(name, { under: 'cluster-sealed' });
const allSealed = [clusterSealed(names), ...names.map(under)];

describe('a finding under a headline', () => {
  it('rides along silently', () => {
    const { message, alerts } = sweeps().at(0, { present: allSealed });
    expect(changesOf(message)).toEqual(['fired cluster-sealed cluster']);
    expect(message?.open).toEqual([]);
    expect(alerts.map((alert) => alert.told)).toEqual([true, false, false, false]);
  });

  it('goes silently', () => {
    const run = sweeps();
    run.at(0, { present: allSealed });
    const { message } = run.at(30, { present: allSealed.slice(0, 3) });
    expect(message).toBeUndefined();
    expect(run.alerts()).toHaveLength(3);
  });

  it('is over with its headline, which then names nobody: who rides along at the end is not who was told', () => {
    const run = sweeps();
    run.at(0, { present: allSealed });
    const { message } = run.at(60);
    expect(message?.headline).toBe('payments: recovered: cluster sealed, after 1 min');
    expect(changesOf(message)).toEqual(['resolved cluster-sealed cluster']);
  });

  it('is told when its headline goes and it is still there', () => {
    const run = sweeps();
    run.at(0, { present: allSealed });
    const { message } = run.at(60, { present: [sealed('vault-2')] });
    expect(message).toMatchObject({
      kind: 'resolved',
      severity: 'critical',
      headline: 'payments: recovered: cluster sealed, after 1 min; 1 still open',
    });
    expect(changesOf(message)).toEqual([
      'resolved cluster-sealed cluster',
      'uncovered node-sealed node:vault-2',
    ]);
    expect(changesOf(run.at(90).message)).toEqual(['resolved node-sealed node:vault-2']);
  });

  it('does not turn a recovery into an alarm when it is of less weight than what is over', () => {
    const run = sweeps();
    const restarted = (under?: FindingCode) =>
      finding(
        'node-restarting',
        { kind: 'node', name: 'vault-2' },
        'vault-2 restarted',
        [],
        under ? { under } : {},
      );
    for (const time of [0, 300]) run.at(time, { present: [sealed('vault-2'), restarted('node-sealed')] });
    const { message } = run.at(600, { present: [restarted()] });
    expect(message).toMatchObject({
      kind: 'resolved',
      headline: 'payments: recovered: node sealed: vault-2, after 10 min; 1 still open',
    });
    expect(changesOf(message)).toEqual([
      'resolved node-sealed node:vault-2',
      'uncovered node-restarting node:vault-2',
    ]);
  });

  it('is told then although somebody had acknowledged the whole cluster', () => {
    const run = sweeps();
    run.at(0, { present: allSealed });
    const quiets = [quiet('acknowledge', 10, 3600)];
    expect(changesOf(run.at(30, { present: allSealed, quiets }).message)).toEqual([
      'acknowledged cluster-sealed cluster',
    ]);
    const { message, alerts } = run.at(60, { present: [sealed('vault-2')], quiets });
    expect(changesOf(message)).toContain('uncovered node-sealed node:vault-2');
    expect(withoutRests(alerts)).toMatchObject([{ status: 'acknowledged', told: true }]);
  });

  it('keeps its own pending time, counted from when it began', () => {
    const run = sweeps();
    const child = { ...certificate('vault-1'), under: 'cluster-sealed' as const };
    run.at(0, { present: [clusterSealed(names), child] });
    expect(changesOf(run.at(30, { present: [certificate('vault-1')] }).message)).toEqual([
      'resolved cluster-sealed cluster',
    ]);
    expect(changesOf(run.at(60, { present: [certificate('vault-1')] }).message)).toEqual([
      'fired certificate-expiring node:vault-1',
    ]);
  });

  it('is told by itself when there is no such headline', () => {
    expect(changesOf(sweeps().at(0, { present: [under('vault-0')] }).message)).toEqual([
      'fired node-sealed node:vault-0',
    ]);
  });

  it('is told by itself while its headline still waits to fire', () => {
    const waiting = { ...clusterSealed(names), severity: 'warning' as const };
    expect(changesOf(sweeps().at(0, { present: [waiting, under('vault-0')] }).message)).toEqual([
      'fired node-sealed node:vault-0',
    ]);
  });

  it('stays silent while its told headline cannot be judged', () => {
    const run = sweeps();
    run.at(0, { present: allSealed });
    const unjudged = [{ code: 'cluster-sealed', subject: cluster }] as const;
    expect(run.at(30, { present: names.map(under), unjudged: [...unjudged] }).message).toBeUndefined();
  });

  it('is told by itself when findings hide under each other', () => {
    const present = [{ ...clusterSealed(names), under: 'node-sealed' as const }, under('vault-0')];
    expect(changesOf(sweeps().at(0, { present }).message)).toHaveLength(2);
  });
});

describe('a told finding that comes under a headline', () => {
  const start = () => {
    const run = sweeps();
    run.at(0, { present: [sealed('vault-0')] });
    run.at(30, { present: allSealed });
    return run;
  };

  it('has no message of its own when it goes, and is told with the next one', () => {
    const run = start();
    const rest = [clusterSealed(names), under('vault-1'), under('vault-2')];
    const gone = run.at(60, { present: rest });
    expect(gone.message).toBeUndefined();
    expect(gone.transitions).toMatchObject([{ from: 'firing', to: 'resolved' }]);
    expect(run.at(90, { present: rest }).transitions).toEqual([]);
    const { message } = run.at(120);
    expect(changesOf(message)).toEqual([
      'resolved node-sealed node:vault-0',
      'resolved cluster-sealed cluster',
    ]);
    expect(message?.changes).toMatchObject([{ note: 'over since 02:15 UTC' }, {}]);
    expect(run.alerts()).toEqual([]);
  });

  it('is told as resolved when it goes together with its headline', () => {
    expect(changesOf(start().at(60).message)).toEqual([
      'resolved node-sealed node:vault-0',
      'resolved cluster-sealed cluster',
    ]);
  });

  it('is simply open again when it comes back in between', () => {
    const run = start();
    run.at(60, { present: allSealed.filter((finding) => finding.subject === cluster) });
    const { message, transitions, alerts } = run.at(90, { present: allSealed });
    expect(message).toBeUndefined();
    expect(transitions).toContainEqual(expect.objectContaining({ from: 'resolved', to: 'firing' }));
    expect(alerts.filter((alert) => alert.resolvedAt !== undefined)).toEqual([]);
  });

  it('is listed as open when the headline goes first', () => {
    const { message } = start().at(60, { present: [sealed('vault-0')] });
    expect(changesOf(message)).toEqual(['resolved cluster-sealed cluster']);
    expect(message?.open).toMatchObject([{ finding: { subject: { name: 'vault-0' } } }]);
  });
});
