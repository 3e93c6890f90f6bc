/** Rule 7 before a real sealed node: whose word counts, for what, and for how long. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Approval, ApprovalBinding, Person } from '../../../shared/people/person.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { approveRecovery as approveShown } from '../../../shared/work/recover/respond.ts';
import { showRecovery } from '../../../shared/work/recover/show.ts';
import { approveRecovery } from '../../work/recover/approving.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restart, sealed, sealStatus } from './clusters.ts';
import { ada, alan, type Entry, grace, Recovering } from './recovering.ts';

const minute = 60_000;
const node = 'vault-1';
let cluster: WatchedCluster;
let app: Recovering;

beforeAll(async () => {
  cluster = await startHealthyCluster({ nodes: 1, fastElections: true, telemetry: true });
});
afterAll(() => cluster?.close());
beforeEach(() => cluster.whole());
afterEach(() => app?.close());

const shares = () => cluster.keys?.shares ?? [];
const fleet = (policy = 'manual', approvals = 2, over: Entry = {}) => ({
  payments: automatic(cluster, { recovery: { policy, approvals, nodeUnseals: 50 }, ...over }),
});
const approve = (person: Person) => approveRecovery(app.process(), open().id, person);

function open(): Recovery {
  const recovery = app.newest();
  if (recovery?.status !== 'open') throw new Error('no recovery is open');
  return recovery;
}

function asked(): ApprovalBinding {
  const binding = open().needs?.binding;
  if (!binding) throw new Error('it asks for no approval');
  return binding;
}

async function started(clusters = fleet()): Promise<void> {
  app = new Recovering({ clusters });
  await app.escrow('payments', shares());
}

/** The node restarted, and Ada asks for its recovery. */
async function requested(clusters = fleet()): Promise<void> {
  await started(clusters);
  await restart(cluster);
  await request();
}

async function request(takeOver = false): Promise<void> {
  const { id: by, name: byName } = ada;
  const about = { kind: 'unseal', way: 'manual', by, byName, reason: 'it is down' } as const;
  const said = await requestRecovery(app.process(), 'payments', {
    ...about,
    dryRun: false,
    lost: [],
    takeOver,
  });
  if (!said.ok) throw new Error(said.message);
  await stillAsks();
}

async function stillAsks(): Promise<void> {
  await app.nudge();
  expect(open().needs).toMatchObject({ kind: 'approval' });
  expect(app.sharesSentTo(node)).toBe(0);
  expect(app.sent).toEqual([]);
  expect(await sealStatus(cluster, node)).toEqual({ sealed: true, progress: 0, nonce: '' });
}

async function unseals(): Promise<void> {
  expect((await app.nudge())?.ended?.outcome).toBe('recovered');
  expect(app.sharesSentTo(node)).toBe(3);
  expect(await sealed(cluster)).toEqual([]);
}

async function bothApprove(): Promise<void> {
  for (const person of [grace, alan]) expect(await approve(person)).toMatchObject({ ok: true });
}

/** A row that somebody wrote, past every check of the route. */
async function row({ id: by, name }: Person, over: Partial<Approval> = {}): Promise<void> {
  const at = app.deps.clock.now();
  const about = { by, name, at, expiresAt: at + 60 * minute };
  await app.state.approvals.save({ binding: asked(), ...about, ...over });
}

describe('where two approvals are asked for', () => {
  it('two people who did not ask for it: nothing is sent after the first, the node is unsealed after the second', async () => {
    await requested();
    expect(await approve(grace)).toMatchObject({ ok: true });
    await stillAsks();
    expect(await approve(alan)).toMatchObject({ ok: true });
    await unseals();
    const told = app.state.audited.filter(({ what }) => what === 'approved').map(({ who }) => who);
    expect(told).toEqual([grace.id, alan.id]);
  });

  it('whoever asked for it counts for nothing: alone, with both roles, beside one other, by a row written past the route', async () => {
    await requested();
    const withBothRoles: Person = { ...ada, roles: ['Sealwatch.Operate', 'Sealwatch.Approve'] };
    expect(await approve(withBothRoles)).toMatchObject({ ok: false, code: 'forbidden' });
    await stillAsks();
    await row(withBothRoles);
    await stillAsks();
    await approve(grace);
    await stillAsks();
    await approve(alan);
    await unseals();
  });

  it('one person twice is one, under another name too', async () => {
    await requested();
    await approve(grace);
    await approve(grace);
    await stillAsks();
    await approve({ ...grace, name: 'Admiral Hopper' });
    await row(grace, { at: app.deps.clock.now() - minute });
    await stillAsks();
    await approve(alan);
    await unseals();
  });

  it('also of a seal that may be deliberate, which nobody but automation asked about', async () => {
    await started(fleet('automatic'));
    await app.noteStarts();
    await cluster.seal(node);
    await stillAsks();
    expect(open()).toMatchObject({
      way: 'automatic',
      needs: { why: expect.stringMatching(/in the process/) },
    });
    await approve(grace);
    await stillAsks();
    await approve(alan);
    await unseals();
  });
});

describe('an approval in time', () => {
  it('counts for 59 minutes', async () => {
    await requested();
    await approve(grace);
    app.later(59 * minute);
    await approve(alan);
    await unseals();
  });

  it('counts for nothing after 60, whatever its row says, until the same person approves again', async () => {
    await requested();
    await approve(grace);
    app.later(60 * minute);
    await approve(alan);
    await stillAsks();
    const at = app.deps.clock.now() - 61 * minute;
    await row(grace, { at, expiresAt: at + 1e12 });
    await stillAsks();
    // Nor one that is given in advance.
    const later = app.deps.clock.now() + 30 * minute;
    await row(grace, { at: later, expiresAt: later + 60 * minute });
    await stillAsks();
    await approve(grace);
    await unseals();
  });
});

describe('an approval of something else', () => {
  it.each<[string, (binding: ApprovalBinding) => Partial<ApprovalBinding>]>([
    ['another step kind', () => ({ steps: ['verify'] })],
    ['a rebind', () => ({ steps: ['rebind'] })],
    ['one step less', ({ steps }) => ({ steps: steps.slice(1) })],
    ['one step more', ({ steps }) => ({ steps: [...steps, 'rebind'] })],
    ['another entry of fleet.yaml', () => ({ fleetEntry: '0'.repeat(64) })],
    ['another generation', ({ generation }) => ({ generation: { ...known(generation), generation: 2 } })],
    ['another revision', ({ generation }) => ({ generation: { ...known(generation), revision: 2 } })],
    ['another cluster', () => ({ cluster: 'orders' })],
  ])('%s: nothing is sent, and the right one is still asked for', async (_what, drifted) => {
    await requested();
    for (const person of [grace, alan]) await row(person, { binding: { ...asked(), ...drifted(asked()) } });
    await stillAsks();
    for (const person of [grace, alan]) await row(person);
    await unseals();
  });

  const known = (generation: ApprovalBinding['generation']) => {
    if (!generation) throw new Error('it names no generation');
    return generation;
  };
});

describe('what changes after two people approved', () => {
  it.each<[string, keyof ApprovalBinding, () => Promise<void> | void]>([
    [
      'the entry in fleet.yaml, to be more careful',
      'fleetEntry',
      () => app.rewrite(fleet('manual', 2, { recovery: { policy: 'manual', approvals: 2, nodeUnseals: 1 } })),
    ],
    [
      'a label in fleet.yaml',
      'fleetEntry',
      () => app.rewrite(fleet('manual', 2, { labels: { team: 'core' } })),
    ],
    ['the generation, by an import', 'generation', () => app.escrow('payments', shares())],
  ])(
    '%s: nothing is sent, another approval is asked for, and what was shown before is refused',
    async (_what, field, change) => {
      await requested();
      await bothApprove();
      const before = asked();
      const shown = await showRecovery(app.process(), open().id);
      const hash = (shown.ok && shown.value.needs?.hash) || '';
      await change();
      await stillAsks();
      expect(asked()[field]).not.toEqual(before[field]);
      expect({ ...asked(), [field]: 0 }).toEqual({ ...before, [field]: 0 });
      expect(await approveShown(app.process(), open().id, alan, hash)).toMatchObject({ code: 'conflict' });
      await stillAsks();
      await approve(grace);
      await stillAsks();
      await approve(alan);
      await unseals();
    },
  );

  it('that fewer were enough: one had approved, two are asked for by now', async () => {
    await requested(fleet('manual', 1));
    await approve(grace);
    app.rewrite(fleet('manual', 2));
    await stillAsks();
    await bothApprove();
    await unseals();
  });

  it('that another recovery took its place: their word was for the one before', async () => {
    await requested();
    await bothApprove();
    await request(true);
    await bothApprove();
    await unseals();
  });
});
