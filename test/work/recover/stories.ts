/** Nights as people live them: what happens to the cluster, and what they say meanwhile. For what chat tells of it. */
import type { Person } from '../../../shared/people/person.ts';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { type Asked, requestRecovery } from '../../../shared/work/recover/request.ts';
import { rejectRecovery, setHold } from '../../../shared/work/recover/respond.ts';
import { errorOf } from '../../escrow/build.ts';
import { approveRecovery } from './approving.ts';
import { ada, alan, grace, type RecoveryOptions, type RecoveryUnderTest } from './recovery-under-test.ts';

export interface Story {
  title: string;
  world?: RecoveryOptions;
  happens: (world: RecoveryUnderTest) => Promise<void>;
}

const minute = 60_000;
const manual: RecoveryOptions = { policy: 'manual' };
const twoApprove: RecoveryOptions = { policy: 'manual', recovery: ['approvals: 2'] };

async function asks(
  world: RecoveryUnderTest,
  over: Partial<Asked & { takeOver: boolean; approver: boolean }> = {},
) {
  await world.clock.sleep(minute);
  const said = await requestRecovery(world.process(), 'payments', {
    kind: 'unseal',
    way: 'manual',
    by: ada.id,
    byName: ada.name,
    reason: 'vault was patched',
    dryRun: false,
    lost: [],
    ...over,
  });
  if (!said.ok) throw new Error(said.message);
  await world.settle();
}

async function approves(world: RecoveryUnderTest, person: Person) {
  await approveRecovery(world.process(), world.recoveries().at(-1)?.id ?? '', person);
  await world.settle();
}

async function rejects(world: RecoveryUnderTest, person: Person, reason: string) {
  await rejectRecovery(world.process(), world.recoveries().at(-1)?.id ?? '', person, reason);
  await world.settle();
}

/** The sweep's nudge, and all that follows. */
async function nudged(world: RecoveryUnderTest) {
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ most: 300 });
}

/** With the app's own timer and the sweep's nudge. */
async function minutesPass(world: RecoveryUnderTest, minutes: number) {
  for (let n = 0; n < minutes; n += 1) {
    await world.clock.sleep(minute);
    await nudgeOverdue(world.process());
    await nudged(world);
  }
}

function otherName(world: RecoveryUnderTest) {
  world.yaml = world.yaml.replace('    escrow:', '    tls: {serverName: vault.example.com}\n    escrow:');
}

export const stories: Story[] = [
  {
    title: 'all restarted, policy automatic',
    async happens(world) {
      await world.restart();
      await nudged(world);
    },
  },
  {
    title: 'sealed on purpose, policy automatic: approved',
    async happens(world) {
      world.sealOnPurpose('payments-2');
      await nudged(world);
      await approves(world, grace);
    },
  },
  {
    title: 'sealed on purpose, policy automatic: rejected',
    async happens(world) {
      world.sealOnPurpose('payments-2');
      await nudged(world);
      await rejects(world, grace, 'planned maintenance until noon');
    },
  },
  {
    title: 'sealed on purpose, policy automatic: nobody answers for a day',
    async happens(world) {
      world.sealOnPurpose('payments-2');
      await nudged(world);
      await world.clock.sleep(24 * 60 * minute);
      await nudgeOverdue(world.process());
      await world.settle();
    },
  },
  {
    title: 'by hand, two must approve',
    world: twoApprove,
    async happens(world) {
      await world.restart();
      await asks(world);
      await approves(world, grace);
      await approves(world, alan);
    },
  },
  {
    title: 'by hand, taken over, and rejected',
    world: manual,
    async happens(world) {
      await world.restart();
      await asks(world);
      await asks(world, {
        by: grace.id,
        byName: grace.name,
        reason: 'Ada went home',
        takeOver: true,
        approver: true,
      });
      await rejects(world, alan, 'wait for the storage team');
    },
  },
  {
    title: 'a hold stands, policy automatic',
    async happens(world) {
      const until = world.clock.now() + 60 * minute;
      await setHold(world.process(), 'payments', ada, { until, reason: 'snapshot restore under way' });
      await world.restart();
      await nudged(world);
    },
  },
  {
    title: 'one node does not come back',
    async happens(world) {
      for (const node of world.names) world.simulation.apply({ kind: 'kill', node });
      await world.clock.sleep(5_000);
      world.simulation.apply({ kind: 'start', node: 'payments-1' });
      await world.clock.sleep(1_000);
      await nudged(world);
      await minutesPass(world, 17);
    },
  },
  {
    title: 'fleet.yaml changed, and too few nodes are up',
    async happens(world) {
      otherName(world);
      for (const node of world.names.slice(1)) world.simulation.apply({ kind: 'kill', node });
      await minutesPass(world, 2);
    },
  },
  {
    title: 'two nodes are called lost',
    world: manual,
    async happens(world) {
      for (const node of ['payments-2', 'payments-3']) world.simulation.apply({ kind: 'kill', node });
      await world.restart('payments-1');
      await asks(world, { lost: ['payments-2', 'payments-3'] });
    },
  },
  {
    title: 'fleet.yaml changed: recovery refuses, then a rebind is asked for, approved, and done',
    world: manual,
    async happens(world) {
      otherName(world);
      await world.restart();
      await asks(world);
      await asks(world, { kind: 'rebind', reason: 'certificates have another name now' });
      await approves(world, grace);
    },
  },
  {
    title: 'a rebind where two must approve, rejected',
    world: twoApprove,
    async happens(world) {
      otherName(world);
      await asks(world, { kind: 'rebind', reason: 'certificates have another name now' });
      await approves(world, grace);
      await rejects(world, alan, 'nobody announced this name');
    },
  },
  {
    title: 'a rebind that fails: a custodian is away',
    world: manual,
    async happens(world) {
      otherName(world);
      await asks(world, { kind: 'rebind', reason: 'certificates have another name now' });
      const [custodian] = world.custodians.values();
      if (custodian)
        custodian.failing = () => errorOf('denied', { message: 'custodian "a": access is denied' });
      await approves(world, grace);
    },
  },
  {
    title: 'custodians are away for long',
    async happens(world) {
      for (const [name, custodian] of world.custodians) {
        custodian.failing = () =>
          errorOf('unavailable', { message: `custodian "${name}" does not answer: 503`, recoverable: true });
      }
      await world.restart();
      await nudged(world);
      await minutesPass(world, 15);
    },
  },
  {
    title: "somebody else's unfinished set: reported",
    async happens(world) {
      await world.restart('payments-2');
      world.stranger('payments-2');
      await nudged(world);
      await minutesPass(world, 6);
    },
  },
  {
    title: "somebody else's unfinished set: reset",
    world: { recovery: ['foreignProgress: {then: reset}'] },
    async happens(world) {
      await world.restart('payments-2');
      world.stranger('payments-2');
      await nudged(world);
      await minutesPass(world, 6);
    },
  },
  {
    title: 'somebody else sends shares during a recovery',
    async happens(world) {
      await world.restart();
      world.onUnseal = (node, when) => {
        if (node === 'payments-2' && when === 'before') world.stranger(node);
      };
      await nudged(world);
      await minutesPass(world, 4);
    },
  },
  {
    title: 'the shares are not those of the cluster',
    async happens(world) {
      const others = world.simulation.keys.shares.map((share) => {
        const bytes = Buffer.from(share, 'base64');
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        return bytes.toString('base64');
      });
      world.wrongShares = true;
      await world.escrow(world.process(), others);
      await world.restart();
      await nudged(world);
      await minutesPass(world, 2);
    },
  },
];
