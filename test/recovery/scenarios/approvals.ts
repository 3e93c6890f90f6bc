/** Who must say so first, and what they said it of (rule 7). */
import * as b from '../build.ts';
import type { Scenario } from './scenario.ts';

const { input, sights, inProcess, minute, now } = b;
const manual = b.recovery({ way: 'manual', by: 'tid/ada', byName: 'Ada' });
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
