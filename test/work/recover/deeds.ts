/** What people and the app do that must be on record, each with the entries that it leaves. */
import { fleetEntryHash } from '../../../shared/people/fleet-entry.ts';
import { acceptGeneration, goBack } from '../../../shared/work/recover/accept.ts';
import { endHold, rejectRecovery } from '../../../shared/work/recover/respond.ts';
import {
  accepted,
  app,
  approves,
  asks,
  by,
  type Deed,
  differs,
  ended,
  holds,
  imported,
  inTurn,
  last,
  loosened,
  loosens,
  ofLast,
  opened,
  passes,
  proves,
  reason,
  rebinds,
  request,
  restarts,
  second,
  shares,
  unsealing,
} from './deed.ts';
import { ada, alan, grace } from './recovery-under-test.ts';

export const deeds: Deed[] = [
  {
    title: 'a request',
    happens: asks(),
    leaves: (world) => [{ ...by(ada), ...ofLast(world), what: 'requested', why: reason, facts: request() }],
  },
  {
    title: 'a dry run',
    happens: asks({ dryRun: true }),
    leaves: (world) => [
      { ...by(ada), ...ofLast(world), what: 'requested', why: reason, facts: request({ dryRun: true }) },
    ],
  },
  {
    title: 'a request of a rebind',
    happens: rebinds,
    leaves: (world) => [
      { ...by(ada), ...ofLast(world), what: 'requested', why: reason, facts: request({ kind: 'rebind' }) },
    ],
  },
  {
    title: 'a take-over',
    before: asks(),
    happens: asks({ by: grace.id, byName: grace.name, reason: 'mine now', takeOver: true, approver: true }),
    leaves: (world) => {
      const about = { ...by(grace), why: 'mine now' };
      return [
        {
          ...about,
          recovery: world.recoveries()[0]?.id ?? '',
          what: 'ended',
          facts: { outcome: 'taken-over' },
        },
        { ...about, ...ofLast(world), what: 'requested', facts: request() },
      ];
    },
  },
  {
    title: 'what automation does by itself',
    policy: 'automatic',
    before: restarts,
    happens: passes,
    leaves: (world) => {
      const { reason: why } = last(world);
      const about = { ...app, ...ofLast(world), why };
      return [{ ...about, what: 'requested', facts: request({ way: 'automatic' }) }, ...unsealing(about, 1)];
    },
  },
  {
    title: 'an approval',
    before: inTurn(restarts, asks(), passes),
    happens: approves(grace),
    leaves: (world) => [
      {
        ...by(grace),
        ...ofLast(world),
        what: 'approved',
        why: last(world).needs?.why ?? '',
        facts: {
          steps: 'await-joiner await-leader unseal-node verify',
          fleetEntry: fleetEntryHash(world.cluster),
          generation: 1,
          revision: 1,
        },
      },
    ],
  },
  {
    title: 'a pass that unseals what was approved',
    before: inTurn(restarts, asks(), passes, approves(grace)),
    happens: passes,
    leaves: (world) => unsealing({ ...by(ada), ...ofLast(world), why: reason }, 2),
  },
  {
    title: 'a pass that refuses',
    before: inTurn(loosens, restarts, asks()),
    happens: passes,
    leaves: (world) => {
      const { ended: end } = last(world);
      return [ended({ ...by(ada), ...ofLast(world), why: reason }, 'refused', end?.summary ?? 'none')];
    },
  },
  {
    title: 'an approval of a rebind',
    before: inTurn(loosens, rebinds, passes),
    happens: approves(grace),
    leaves: (world) => [
      {
        ...by(grace),
        ...ofLast(world),
        what: 'approved',
        why: differs,
        facts: {
          steps: 'rebind',
          fleetEntry: fleetEntryHash(world.cluster),
          generation: 1,
          revision: 1,
          trust: last(world).needs?.binding.trust ?? '',
        },
      },
    ],
  },
  {
    title: 'a pass that rebinds',
    before: inTurn(loosens, rebinds, passes, approves(grace)),
    happens: passes,
    leaves: (world) => {
      const about = { ...by(ada), ...ofLast(world), why: reason };
      return [
        { ...about, what: 'step', facts: { kind: 'rebind', generation: 1, revision: 1 } },
        ...opened(about, { kind: 'rebind', generation: 1, revision: 1 }, shares),
        ...opened(
          { ...about, why: 'before it is taken into use' },
          { kind: 'verify', generation: 1, revision: 2 },
        ),
        accepted({ ...about, why: 'follows generation 1.1' }, 1, 2),
        ended(about, 'recovered', `bound to what fleet.yaml says: ${loosened}`),
      ];
    },
  },
  {
    title: 'a rejection',
    before: asks(),
    happens: (world) => rejectRecovery(world.process(), last(world).id, alan, 'wait for storage'),
    leaves: (world) => [
      { ...by(alan), ...ofLast(world), what: 'rejected', why: 'wait for storage', facts: {} },
    ],
  },
  {
    title: 'a hold',
    happens: holds,
    leaves: (world) => [
      {
        ...by(ada),
        what: 'hold-set',
        why: 'restore runs',
        facts: { until: new Date(world.clock.now() + 60_000).toISOString() },
      },
    ],
  },
  {
    title: 'the end of a hold',
    before: holds,
    happens: (world) => endHold(world.process(), 'payments', grace),
    leaves: () => [{ ...by(grace), what: 'hold-ended', why: 'ended by hand', facts: {} }],
  },
  {
    title: 'an import that is taken into use',
    before: imported,
    happens: (world) => acceptGeneration(world.process(), 'payments', ada, second),
    leaves: () => [
      { ...by(ada), why: 'asked by hand', what: 'requested', facts: { kind: 'accept', ...second } },
      ...opened({ ...by(ada), why: 'before it is taken into use' }, { kind: 'verify', ...second }),
      accepted({ ...by(ada), why: 'follows generation 1.1' }, 2, 1),
    ],
  },
  {
    title: 'going back to the proven generation',
    before: inTurn(proves, imported, (world) => acceptGeneration(world.process(), 'payments', ada, second)),
    happens: (world) => goBack(world.process(), 'payments', grace, { generation: 1, revision: 1 }),
    leaves: () => [
      {
        ...by(grace),
        why: 'asked by hand',
        what: 'requested',
        facts: { kind: 'go-back', generation: 1, revision: 1 },
      },
      ...opened(
        { ...by(grace), why: 'before it is taken into use' },
        { kind: 'verify', generation: 1, revision: 1 },
      ),
      accepted({ ...by(grace), why: 'back from generation 2.1, which is not proven' }, 1, 1),
    ],
  },
];
