/** Fields that change how a cluster is brought back, and when people are asked. */
import { expect } from 'vitest';
import type { Cluster } from '../../../shared/fleet/fleet.ts';
import { budgetOf } from '../../../shared/recovery/budget.ts';
import { waitingSince } from '../../../shared/recovery/plan/since.ts';
import { plan } from '../../../shared/recovery/plan.ts';
import type { Plan, PlanInput, Recovery } from '../../../shared/recovery/recovery.ts';
import { file, fleetOf } from '../../fleet/builders.ts';
import * as build from '../../recovery/build.ts';
import type { Proof } from './proof.ts';

const { now, minute } = build;

/** The cluster of the plan's tests, with these lines of fleet.yaml. */
function clusterWith(lines: string): Cluster {
  const escrow = 'escrow: {custodians: {a: {passphrase: "env:SEALWATCH_SECRET_A", shares: [1]}}}';
  const [cluster] = fleetOf(file([`recovery: {policy: automatic, ${lines}}`, escrow])).clusters;
  if (!cluster) throw new Error('no cluster');
  return { ...build.cluster(), recovery: cluster.recovery };
}

function planned(lines: string, over: (cluster: Cluster) => Partial<PlanInput>): Plan {
  const cluster = clusterWith(lines);
  return plan(build.input({ cluster, ...over(cluster) }));
}

const outcome = (found: Plan): string => (found.kind === 'refuse' ? found.code : found.kind);

/** Attempts that failed so many minutes ago, as the budget counts them. */
const failed =
  (...minutesAgo: number[]) =>
  (cluster: Cluster): Partial<PlanInput> => {
    const attempts = minutesAgo.map((ago): Recovery => {
      const at = now - ago * minute;
      const ended = { at, outcome: 'failed' as const, summary: 'no custodian answered' };
      return build.recovery({ requestedAt: at - minute, status: 'ended', ended });
    });
    return { budget: budgetOf(attempts, cluster, now) };
  };

/** `vault-1` was unsealed so often of late. */
const unsealed =
  (times: number) =>
  (cluster: Cluster): Partial<PlanInput> => {
    const ended = { at: now - minute, outcome: 'recovered' as const, summary: '3 of 3 nodes serving' };
    const attempts = Array.from({ length: times }, () =>
      build.recovery({ status: 'ended', ended, unsealed: ['vault-1'] }),
    );
    const [first, ...others] = build.sights('sealed', 'active', 'standby');
    if (!first) throw new Error('no node');
    return { budget: budgetOf(attempts, cluster, now), nodes: [build.restarted(1), ...others] };
  };

/** Somebody else's progress on one node, seen for so long. */
function foreign(lines: string, seenMs: number): string {
  const cluster = clusterWith(lines);
  const seal = { progress: 1, nonce: build.strangersNonce };
  const nodes = [build.restarted(1, seal), ...build.sights('away', 'active', 'standby').slice(1)];
  const first = build.input({ cluster, nodes, now: now - seenMs });
  const recovery = build.recovery({ since: waitingSince(first) });
  return outcome(plan(build.input({ cluster, nodes, recovery })));
}

export const recoveredFields: Record<string, Proof> = {
  'clusters.*.recovery.approvals': () => {
    const asks = (lines: string) => {
      const found = planned(lines, () => ({
        nodes: [build.inProcess(1), build.inProcess(2), build.inProcess(3)],
      }));
      return found.kind === 'needs-approval' ? found.missing : found.kind;
    };
    expect([asks('approvals: 1'), asks('approvals: 2')]).toEqual([1, 2]);
  },
  'clusters.*.recovery.attempts': () => {
    expect(outcome(planned('attempts: 2', failed(10, 20)))).toBe('budget');
    expect(outcome(planned('attempts: 3', failed(10, 20)))).toBe('act');
  },
  'clusters.*.recovery.attemptWindow': () => {
    expect(outcome(planned('attempts: 2, attemptWindow: 1h', failed(10, 50)))).toBe('budget');
    expect(outcome(planned('attempts: 2, attemptWindow: 30m', failed(10, 50)))).toBe('act');
  },
  'clusters.*.recovery.nodeUnseals': () => {
    expect(outcome(planned('nodeUnseals: 2', unsealed(2)))).toBe('restart-cap');
    expect(outcome(planned('nodeUnseals: 3', unsealed(2)))).toBe('act');
  },
  'clusters.*.recovery.foreignProgress.after': () => {
    expect(foreign('foreignProgress: {after: 5m, then: reset}', 3 * minute)).toBe('wait');
    expect(foreign('foreignProgress: {after: 2m, then: reset}', 3 * minute)).toBe('act');
  },
  'clusters.*.recovery.foreignProgress.then': () => {
    expect(foreign('foreignProgress: {then: report}', 3 * minute)).toBe('foreign-progress');
    expect(foreign('foreignProgress: {then: reset}', 3 * minute)).toBe('act');
  },
};
