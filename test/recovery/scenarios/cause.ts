/** Why a node is sealed (rule 6), holds and budgets (rule 8). */
import * as b from '../build.ts';
import type { Scenario } from './scenario.ts';

const { input, sights, restarted, inProcess, sight, minute, now, waited, manual } = b;

export const cause: Scenario[] = [
  { title: 'three nodes restarted', input: input(), plan: 'act' },
  {
    title: 'one of three restarted',
    input: input({ nodes: [...sights('active', 'standby'), restarted(3)] }),
    plan: 'act',
  },
  {
    title: 'restarted, one away',
    input: input({ nodes: [restarted(1), restarted(2), sight(3, 'away')] }),
    plan: 'act',
  },
  {
    title: 'a survivor at 474, two restarted',
    input: input({ nodes: [sight(1, 'leaderless'), restarted(2), restarted(3)] }),
    plan: 'act',
  },
  {
    title: 'sealed in process',
    input: input({ nodes: [...sights('active', 'standby'), inProcess(3)] }),
    plan: 'needs-approval',
  },
  {
    title: 'two restarted, one sealed in process',
    input: input({ nodes: [restarted(1), restarted(2), inProcess(3)] }),
    plan: 'act',
  },
  {
    title: 'only the one sealed in process is left',
    input: input({
      nodes: [...sights('active', 'standby'), inProcess(3)],
      recovery: b.recovery({ unsealed: ['vault-1', 'vault-2'] }),
    }),
    plan: 'needs-approval',
  },
  {
    title: 'no start time can be read',
    input: input({ nodes: sights('active', 'standby', 'sealed') }),
    plan: 'needs-approval',
  },
  {
    title: 'no start time can be read, and the cluster says automatic',
    input: input({
      nodes: sights('active', 'standby', 'sealed'),
      cluster: b.cluster({ unknownSealCause: 'automatic' }),
    }),
    plan: 'act',
  },
  { title: 'never noted unsealed', input: input({ notes: [] }), plan: 'needs-approval' },
  {
    title: 'a restart, disproved by watch, on a cluster that says automatic',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      disproofs: [{ node: 'vault-3', proof: 'watch saw the same process unsealed (same connection)' }],
      cluster: b.cluster({ unknownSealCause: 'automatic' }),
    }),
    plan: 'needs-approval',
  },
  {
    title: 'unsealed by us after the note, and sealed again',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({
        unsealed: ['vault-3'],
        intents: b.intents(3, 3, now - 30_000),
        troubles: [],
        since: waited('join/vault-3', 2 * minute),
      }),
    }),
    plan: 'needs-approval',
  },
  {
    title: 'a start before the noted one',
    input: input({ notes: b.notes().map((note) => ({ ...note, start: now })) }),
    plan: 'needs-approval',
  },
  {
    title: 'a start between the noted one and when it was noted: the clock of the machine was set',
    input: input({
      nodes: [...sights('active', 'standby'), sight(3, 'sealed', { start: b.started + 2500 })],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'restarted, and fleet.yaml was set back to manual since it began by itself',
    input: input({ cluster: b.cluster({ recovery: { policy: 'manual' } }) }),
    plan: 'needs-approval',
  },
  {
    title: 'fleet.yaml was set back to manual, and somebody approved',
    input: input({
      cluster: b.cluster({ recovery: { policy: 'manual' } }),
      approvals: [b.approval('tid/bob')],
    }),
    plan: 'act',
  },
  {
    title: 'sealed in process, beside a node that we cannot help: both are named',
    input: input({
      nodes: [sight(1, 'active'), restarted(2), inProcess(3)],
      recovery: b.recovery({ sets: { 'vault-2': 3 } }),
    }),
    plan: 'needs-approval',
  },
  { title: 'a hold', input: input({ hold: b.hold }), plan: 'hold' },
  { title: 'a hold that is over', input: input({ hold: { ...b.hold, until: now } }), plan: 'act' },
  {
    title: 'a hold, and all serve',
    input: input({ hold: b.hold, nodes: sights('active', 'standby', 'standby') }),
    plan: 'nothing-to-do',
  },
  {
    title: 'a hold, by hand and approved',
    input: input({ hold: b.hold, recovery: manual, approvals: [b.approval('tid/bob')] }),
    plan: 'act',
  },
  {
    title: 'a hold, by hand and not approved',
    input: input({ hold: b.hold, recovery: manual }),
    plan: 'needs-approval',
  },
  {
    title: 'the budget is spent',
    input: input({ budget: { failed: 3, allowed: 3, unseals: {}, allowedUnseals: 5 } }),
    plan: 'budget',
  },
  {
    title: 'the budget is spent, and somebody approved',
    input: input({
      budget: { failed: 3, allowed: 3, unseals: {}, allowedUnseals: 5 },
      approvals: [b.approval('tid/bob')],
    }),
    plan: 'act',
  },
  {
    title: 'one node restarts again and again',
    input: input({ budget: { failed: 0, allowed: 3, unseals: { 'vault-3': 5 }, allowedUnseals: 5 } }),
    plan: 'act',
  },
  {
    title: 'only the node that restarts again and again is left',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      budget: { failed: 0, allowed: 3, unseals: { 'vault-3': 5 }, allowedUnseals: 5 },
    }),
    plan: 'restart-cap',
  },
];
