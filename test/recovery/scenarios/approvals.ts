/** Who must say so first, and what they said it of (rule 7). */
import * as b from '../build.ts';
import type { Scenario } from './scenario.ts';

const { input, sights, restarted, inProcess, minute, now, manual } = b;
const twoPeople = b.cluster({ recovery: { approvals: 2 } });

export const approvals: Scenario[] = [
  {
    title: 'in process, approved',
    input: input({
      nodes: [...sights('active', 'standby'), inProcess(3)],
      approvals: [b.approval('tid/ada')],
    }),
    plan: 'act',
  },
  { title: 'by hand, not approved', input: input({ recovery: manual }), plan: 'needs-approval' },
  {
    title: 'by hand, approved by the requester where one is asked for',
    input: input({ recovery: manual, approvals: [b.approval('tid/ada')] }),
    plan: 'act',
  },
  {
    title: 'by hand, approved by the requester where two are asked for',
    input: input({
      recovery: manual,
      cluster: twoPeople,
      approvals: [b.approval('tid/ada'), b.approval('tid/bob')],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'by hand, approved by two others',
    input: input({
      recovery: manual,
      cluster: twoPeople,
      approvals: [b.approval('tid/eve'), b.approval('tid/bob')],
    }),
    plan: 'act',
  },
  {
    title: 'approved twice by one',
    input: input({
      recovery: manual,
      cluster: twoPeople,
      approvals: [b.approval('tid/bob'), b.approval('tid/bob')],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'approved three times by one, at three times',
    input: input({
      recovery: manual,
      cluster: twoPeople,
      approvals: [3, 2, 1].map((n) => b.approval('tid/bob', { at: now - n * minute })),
    }),
    plan: 'needs-approval',
  },
  {
    title: 'approval expired',
    input: input({ recovery: manual, approvals: [b.approval('tid/bob', { expiresAt: now })] }),
    plan: 'needs-approval',
  },
  {
    title: 'approval older than an hour that says it lasts',
    input: input({
      recovery: manual,
      approvals: [b.approval('tid/bob', { at: now - 61 * minute, expiresAt: now + minute })],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'approval of a time to come',
    input: input({
      recovery: manual,
      approvals: [b.approval('tid/bob', { at: now + 61_000, expiresAt: now + 61 * minute })],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'approval by a clock that is a little ahead',
    input: input({ recovery: manual, approvals: [b.approval('tid/bob', { at: now + 59_000 })] }),
    plan: 'act',
  },
  {
    title: 'sealed in process after the approval: it was noted unsealed since',
    input: input({
      nodes: [...sights('active', 'standby'), inProcess(3)],
      approvals: [b.approval('tid/ada', { at: now - 6 * minute })],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'sealed after the approval, and unsealed by it: no start time can be read',
    input: input({
      nodes: sights('active', 'standby', 'sealed'),
      notes: [],
      recovery: b.recovery({
        ...manual,
        unsealed: ['vault-3'],
        intents: b.intents(3, 3, now - 90_000),
        since: { 'join/vault-3': now - 80_000 },
      }),
      approvals: [b.approval('tid/bob')],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'restarted after the approval, which stands',
    input: input({
      recovery: manual,
      approvals: [b.approval('tid/bob', { at: now - 6 * minute })],
    }),
    plan: 'act',
  },
  {
    title: 'a seal after the approval, beside nodes that restarted: these alone',
    input: input({
      nodes: [restarted(1), restarted(2), inProcess(3)],
      recovery: manual,
      approvals: [b.approval('tid/bob', { at: now - 6 * minute })],
    }),
    plan: 'act',
  },
  {
    title: 'the budget is spent, and the approval was of an earlier seal',
    input: input({
      nodes: sights('active', 'standby', 'sealed'),
      cluster: b.cluster({ unknownSealCause: 'automatic' }),
      budget: { failed: 3, allowed: 3, unseals: {}, allowedUnseals: 5 },
      approvals: [b.approval('tid/bob', { at: now - 6 * minute })],
    }),
    plan: 'budget',
  },
  {
    title: 'approval of another step kind',
    input: input({
      recovery: manual,
      approvals: [b.approval('tid/bob', { binding: { steps: ['await-leader', 'rebind', 'verify'] } })],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'approval of another fleet.yaml entry',
    input: input({ recovery: manual, fleetEntry: 'entry-b', approvals: [b.approval('tid/bob')] }),
    plan: 'needs-approval',
  },
  {
    title: 'approval of another generation',
    input: input({
      recovery: manual,
      approvals: [b.approval('tid/bob', { binding: { generation: { generation: 1, revision: 1 } } })],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'approval of another recovery',
    input: input({
      recovery: manual,
      approvals: [b.approval('tid/bob', { binding: { recovery: 'payments.r0' } })],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'approval of another cluster',
    input: input({
      recovery: manual,
      approvals: [b.approval('tid/bob', { binding: { cluster: 'billing' } })],
    }),
    plan: 'needs-approval',
  },
  {
    title: 'break-glass asks nobody',
    input: input({
      recovery: b.recovery({ way: 'break-glass' }),
      nodes: [inProcess(1), inProcess(2), inProcess(3)],
      hold: b.hold,
      budget: { failed: 9, allowed: 3, unseals: { 'vault-1': 9 }, allowedUnseals: 1 },
    }),
    plan: 'act',
  },
];
