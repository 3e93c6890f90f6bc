/** What people and the app do, and the entries that it leaves: words for the table in ./deeds.ts. */
import { expect } from 'vitest';
import { generationBlobName } from '../../../shared/escrow/generation.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import { bindingHash } from '../../../shared/people/approvals.ts';
import type { AuditEntry, Person } from '../../../shared/people/person.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { type Asked, requestRecovery } from '../../../shared/work/recover/request.ts';
import { approveRecovery, setHold } from '../../../shared/work/recover/respond.ts';
import { ada, type RecoveryUnderTest } from './recovery-under-test.ts';
import { sealedShares } from './sealed-shares.ts';

export interface Deed {
  title: string;
  policy?: 'manual' | 'automatic';
  before?: (world: RecoveryUnderTest) => Promise<unknown>;
  happens: (world: RecoveryUnderTest) => Promise<unknown>;
  /** In any order. */
  leaves: (world: RecoveryUnderTest) => Entry[];
}

type Entry = Omit<AuditEntry, 'at' | 'cluster'>;
type World = RecoveryUnderTest;

export const reason = 'patched at night';
const asked: Asked = {
  kind: 'unseal',
  way: 'manual',
  by: ada.id,
  byName: ada.name,
  reason,
  dryRun: false,
  lost: [],
};
export const by = ({ id, name }: Person) => ({ who: id, name });
export const app = { who: 'app:recover', name: 'Sealwatch' };
/** Envelopes of `threeCustodians`: share and custodian. */
export const shares = ['1 a', '2 a', '3 b', '4 b', '5 c'];
export const envelopes = [...shares, '1 c'];

export const asks =
  (over: Partial<Asked> & { takeOver?: boolean; approver?: boolean } = {}) =>
  async (world: World) => {
    await requestRecovery(world.process(), 'payments', { ...asked, ...over });
  };
export const passes = (world: World) => runPass(world.process(), 'payments');
export const approves = (person: Person) => (world: World) => {
  const { id, needs } = last(world);
  if (!needs) throw new Error('it needs no approval');
  return approveRecovery(world.process(), id, person, bindingHash(needs.binding));
};
export const inTurn =
  (...deeds: ((world: World) => Promise<unknown>)[]) =>
  async (world: World) => {
    for (const deed of deeds) await deed(world);
  };
export const restarts = (world: World) => world.restart('payments-2');
export const loosens = async (world: World) => {
  world.yaml = world.yaml.replace('    recovery:', '    unknownSealCause: automatic\n    recovery:');
};

export function last(world: World): Recovery {
  const found = world.recoveries().at(-1);
  if (!found) throw new Error('no recovery');
  return found;
}

export function ofLast(world: World): { recovery: string } {
  return { recovery: last(world).id };
}

/** A second generation whose blob stands there, as an import leaves it. */
export async function imported(world: World): Promise<void> {
  const binding = await world.process().binding(world.cluster);
  if (!binding.ok) throw new Error(binding.problem);
  const { custodians, clock, holdings, simulation, state } = world;
  const sealed = await sealedShares(
    { cluster: 'payments', generation: 2, threshold: 3, trust: binding.binding },
    simulation.keys.shares,
    holdings,
    { custodians, clock, createdBy: ada.id },
  );
  await state.escrow.create(generationBlobName(sealed), generationBytes(sealed));
}

export async function proves(world: World): Promise<void> {
  const stored = await world.state.generations.newest('payments');
  if (stored) await world.state.generations.save({ ...stored.value, provenAt: 1 }, stored.etag);
}

export const second = { generation: 2, revision: 1 };

type Facts = AuditEntry['facts'];

/** One entry for each envelope that was opened. */
export function opened(about: Omit<Entry, 'what' | 'facts'>, facts: Facts, which = envelopes): Entry[] {
  return which.map((envelope) => {
    const [index, custodian = ''] = envelope.split(' ');
    const keyId = `https://${custodian}.vault.azure.net/keys/escrow/${'0'.repeat(31)}1`;
    return { ...about, what: 'key-opened', facts: { index: Number(index), custodian, keyId, ...facts } };
  });
}

export function ended(about: Omit<Entry, 'what' | 'facts'>, outcome: string, summary: string): Entry {
  return { ...about, what: 'ended', facts: { outcome, summary } };
}

export function accepted(about: Omit<Entry, 'what' | 'facts'>, generation: number, revision: number): Entry {
  const digest = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
  const facts = { generation, revision, digest, threshold: 3, count: 5 };
  return { ...about, what: 'generation-accepted', facts };
}

/** What a pass over one restarted node leaves. */
export function unsealing(about: Omit<Entry, 'what' | 'facts'>, pass: number): Entry[] {
  const of = { pass, generation: 1, revision: 1 };
  const address = 'http://127.0.0.1:8202';
  return [
    {
      ...about,
      what: 'step',
      facts: { kind: 'unseal-node', node: 'payments-2', address, reset: false, ...of },
    },
    ...opened(about, of, ['1 a', '3 b', '5 c']),
    ended(about, 'recovered', '3 of 3 nodes serving, after 0 s'),
  ];
}

export const loosened = 'unknownSealCause was loosened from approval to automatic';
export const differs = `shares would go by what fleet.yaml says now: ${loosened}`;
export const rebinds = asks({ kind: 'rebind' });

export function request(over: Facts = {}): Facts {
  return { way: 'manual', kind: 'unseal', dryRun: false, ...over };
}

export function holds(world: World) {
  const words = { until: world.clock.now() + 60_000, reason: 'restore runs' };
  return setHold(world.process(), 'payments', ada, words);
}
