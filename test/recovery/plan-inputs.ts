/** Whatever a plan may see: arbitrary nodes, rows and policies, mostly such that something can be done. */
import * as fc from 'fast-check';
import type { NodeSight, PlanInput } from '../../shared/recovery/recovery.ts';
import * as b from './build.ts';

const { now, minute } = b;

/** Mostly the first: what stops a plan must not stop nearly all of them. */
function rarely<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));
}

const ages = fc.constantFrom(0, 1000, 45_000, 3 * minute, 20 * minute);

function sightOf(n: number): fc.Arbitrary<NodeSight> {
  const words = [
    'active',
    'standby',
    'leaderless',
    'joiner',
    'uninitialised',
    'removed',
    'storage',
    'away',
  ] as const;
  const sealed = fc
    .record({
      progress: fc.constantFrom(0, 0, 0, 1, 2),
      nonce: fc.constantFrom(b.nonce, b.strangersNonce),
      t: rarely(3, 2, 9),
      type: rarely('shamir', 'transit'),
      migration: rarely(false, true),
      storage_type: fc.constantFrom('raft', 'etcd', undefined),
      start: fc.constantFrom(
        undefined,
        b.started,
        b.started + 900,
        b.started + 3000,
        now - minute,
        now - minute,
        now,
      ),
      address: rarely(b.addressOf(n), 'https://elsewhere.test:8200'),
    })
    .map(({ start, address, storage_type, ...seal }) => {
      const state = {
        kind: 'sealed',
        seal: b.sealStatus({ ...seal, ...(storage_type && { storage_type }) }),
      } as const;
      return b.sight(n, 'sealed', { state, address, ...(start !== undefined && { start }) });
    });
  return fc.oneof(
    { weight: 4, arbitrary: sealed },
    fc.constantFrom(...words).map((word) => b.sight(n, word)),
  );
}

const recovery = fc
  .record({
    way: fc.constantFrom('automatic', 'manual', 'break-glass'),
    lost: rarely<string[]>([], ['vault-3'], ['vault-2', 'vault-3']),
    positions: fc.integer({ min: 0, max: 3 }),
    age: ages,
    spoiled: fc.boolean(),
    sets: fc.constantFrom(0, 0, 1, 1, 2, 2, 3, 9),
    unsealed: fc.constantFrom<string[]>([], ['vault-1']),
    since: ages,
  })
  .map(({ way, lost, positions, age, spoiled, sets, unsealed, since }) => {
    const keys = [
      'leader/vault-1',
      'restart',
      'storage',
      'join/vault-1',
      'foreign/vault-1',
      'foreign/vault-2',
    ];
    return b.recovery({
      way: way as 'automatic',
      by: way === 'manual' ? 'tid/ada' : 'app:recover',
      lost,
      intents: b.intents(1, positions, now - age),
      troubles: spoiled ? [b.trouble(1, 'unseal-interference', now - age)] : [],
      sets: { 'vault-1': sets },
      unsealed,
      since: Object.fromEntries(keys.map((key) => [key, now - since])),
    });
  });

const approval = fc
  .record({
    by: fc.constantFrom('tid/ada', 'tid/bob', 'tid/eve'),
    at: fc.constantFrom(now - 1, now - minute, now - 6 * minute, now - 61 * minute, now + 61_000),
    expiresAt: fc.constantFrom(now + 30 * minute, now - 1),
    steps: fc.constantFrom(['unseal-node', 'await-joiner', 'await-leader', 'verify'], ['verify'], ['rebind']),
    fleetEntry: fc.constantFrom('entry-a', 'entry-a', 'entry-b'),
    generation: fc.constantFrom(2, 2, 1),
  })
  .map(({ by, at, expiresAt, steps, fleetEntry, generation }) =>
    b.approval(by, {
      at,
      expiresAt,
      binding: { steps: steps as ['verify'], fleetEntry, generation: { generation, revision: 1 } },
    }),
  );

const generation = fc.oneof(
  { weight: 20, arbitrary: fc.constant(b.generation()) },
  fc.constantFrom<PlanInput['generation']>(
    { state: 'none' },
    { state: 'unreadable', why: 'tampered' },
    b.generation({ kind: 'recovery' }),
    b.generation({ trustChanged: ['tls.ca'] }),
    b.generation({ row: { ...b.generation().row, bad: { at: now, node: 'vault-1', recovery: 'r' } } }),
  ),
);

export const inputs: fc.Arbitrary<PlanInput> = fc
  .record({
    nodes: fc.tuple(sightOf(1), sightOf(2), sightOf(3)),
    recovery,
    generation,
    approvals: fc.array(approval, { maxLength: 3 }),
    required: fc.constantFrom(1, 2),
    policy: rarely('automatic', 'manual'),
    unknownSealCause: fc.constantFrom('approval', 'automatic'),
    then: fc.constantFrom('report', 'reset'),
    held: rarely(false, true),
    failed: rarely(0, 3),
    unseals: rarely(0, 5),
    disproved: rarely(false, true),
    noted: fc.boolean(),
    raft: fc.boolean(),
  })
  .map(
    ({ required, policy, unknownSealCause, then, held, failed, unseals, disproved, noted, raft, ...rest }) =>
      b.input({
        ...rest,
        cluster: b.cluster({
          unknownSealCause: unknownSealCause as 'approval',
          recovery: {
            policy: policy as 'automatic',
            approvals: required,
            foreignProgress: { afterMs: 2 * minute, then },
          },
        }),
        ...(held && { hold: b.hold }),
        budget: { failed, allowed: 3, unseals: { 'vault-2': unseals }, allowedUnseals: 5 },
        disproofs: disproved ? [{ node: 'vault-3', proof: 'same connection' }] : [],
        notes: noted ? b.notes() : [],
        ...(raft && { raft: b.raft }),
      }),
  );
