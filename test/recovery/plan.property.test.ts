import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { waitingSince } from '../../shared/recovery/plan/since.ts';
import { plan } from '../../shared/recovery/plan.ts';
import type { NodeSight, PlanInput } from '../../shared/recovery/recovery.ts';
import * as b from './build.ts';

const runs = { numRuns: 1000, seed: 20_261_122 };
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
      t: rarely(3, 2),
      type: rarely('shamir', 'transit'),
      migration: rarely(false, true),
      storage_type: fc.constantFrom('raft', 'etcd', undefined),
      start: fc.constantFrom(undefined, b.started, b.started + 900, now - minute, now - minute, now),
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
    at: fc.constantFrom(now - minute, now - 61 * minute),
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

const inputs: fc.Arbitrary<PlanInput> = fc
  .record({
    nodes: fc.tuple(sightOf(1), sightOf(2), sightOf(3)),
    recovery,
    generation,
    approvals: fc.array(approval, { maxLength: 3 }),
    required: fc.constantFrom(1, 2),
    unknownSealCause: fc.constantFrom('approval', 'automatic'),
    then: fc.constantFrom('report', 'reset'),
    held: rarely(false, true),
    failed: rarely(0, 3),
    unseals: rarely(0, 5),
    disproved: rarely(false, true),
    noted: fc.boolean(),
    raft: fc.boolean(),
  })
  .map(({ required, unknownSealCause, then, held, failed, unseals, disproved, noted, raft, ...rest }) =>
    b.input({
      ...rest,
      cluster: b.cluster({
        unknownSealCause: unknownSealCause as 'approval',
        recovery: {
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

/** The nodes that a plan unseals, as they showed themselves. */
function unsealed(input: PlanInput) {
  const found = plan(input);
  if (found.kind !== 'act') return [];
  return found.steps.map((step) => {
    if (step.kind !== 'unseal-node') throw new Error(`the plan acts by ${step.kind}`);
    const sight = input.nodes.find(({ node, address }) => node === step.node && address === step.address);
    if (sight?.state.kind !== 'sealed') throw new Error(`${step.node} at ${step.address} is not sealed`);
    return { step, sight, seal: sight.state.seal };
  });
}

/** By the letter of rule 7, told apart from how the plan counts. */
function approvedBy({ approvals, cluster, recovery, generation, fleetEntry }: PlanInput): number {
  const people = new Set<string>();
  for (const { binding, by, at, expiresAt } of approvals) {
    if (now >= expiresAt || now >= at + 60 * minute) continue;
    if (!binding.steps.includes('unseal-node') || binding.fleetEntry !== fleetEntry) continue;
    if (generation.state !== 'ready' || binding.generation?.generation !== generation.row.generation)
      continue;
    if (cluster.recovery.approvals === 2 && by === recovery.by) continue;
    people.add(by);
  }
  return people.size;
}

function holds(check: (input: PlanInput) => void): void {
  let acted = 0;
  fc.assert(
    fc.property(inputs, (input) => {
      if (unsealed(input).length > 0) acted += 1;
      check(input);
    }),
    runs,
  );
  expect(acted).toBeGreaterThan(runs.numRuns / 5);
}

describe('whatever is seen, the plan', () => {
  it('sends shares to sealed nodes of fleet.yaml only, at their own addresses, and not to lost ones', () => {
    holds((input) => {
      for (const { step } of unsealed(input)) {
        const node = input.cluster.nodes.find(({ name }) => name === step.node);
        expect(step.address).toBe(node?.address);
        expect(input.recovery.lost).not.toContain(step.node);
      }
    });
  });

  it('never acts for automation under a hold, over the restart cap, or over the budget without approval', () => {
    holds((input) => {
      if (input.recovery.way !== 'automatic') return;
      const nodes = unsealed(input).map(({ step }) => step.node);
      if (input.hold) expect(nodes).toEqual([]);
      if ((input.budget.unseals['vault-2'] ?? 0) >= 5) expect(nodes).not.toContain('vault-2');
      const approved = approvedBy(input) >= input.cluster.recovery.approvals;
      if (input.budget.failed >= 3 && !approved) expect(nodes).toEqual([]);
    });
  });

  it('never acts without approval where a person asked, or where a seal may have been deliberate', () => {
    holds((input) => {
      const { recovery, cluster, notes, disproofs } = input;
      if (recovery.way === 'break-glass' || approvedBy(input) >= cluster.recovery.approvals) return;
      const acts = unsealed(input);
      if (recovery.way === 'manual') expect(acts).toEqual([]);
      for (const { sight } of acts) {
        expect(disproofs.map(({ node }) => node)).not.toContain(sight.node);
        const note = notes.find(({ node }) => node === sight.node);
        const known = note !== undefined && sight.start !== undefined;
        if (known) expect(Math.abs((sight.start ?? 0) - note.start)).toBeGreaterThan(2000);
        else expect(cluster.unknownSealCause).toBe('automatic');
      }
    });
  });

  it('never sends shares of a generation that is bad, unreadable, of recovery keys, or bound to other trust', () => {
    holds((input) => {
      const { generation } = input;
      if (unsealed(input).length === 0) return;
      expect(
        generation.state === 'ready' && [generation.kind, generation.trustChanged, generation.row.bad],
      ).toEqual(['unseal', [], undefined]);
    });
  });

  it('never sends shares into an auto-unseal, a migration or a rekeyed cluster', () => {
    holds((input) => {
      for (const { seal } of unsealed(input))
        expect(seal).toMatchObject({ type: 'shamir', migration: false, t: 3 });
    });
  });

  it('resets a node that holds shares, and only ours or what was left alone for long enough', () => {
    holds((input) => {
      for (const { step, seal } of unsealed(input)) {
        expect(step.kind === 'unseal-node' && step.reset).toBe(seal.progress > 0);
        if (seal.progress === 0) continue;
        const ours = input.recovery.intents.some(
          ({ node, nonce }) => node === step.node && nonce === seal.nonce,
        );
        const age = now - (input.recovery.since?.[`foreign/${step.node}`] ?? now);
        expect(ours || age >= input.cluster.recovery.foreignProgress.afterMs).toBe(true);
      }
    });
  });

  it('begins no more than three sets at a node in one recovery, and nine where passes were killed amid them', () => {
    holds((input) => {
      for (const { step, seal } of unsealed(input)) {
        const { intents, troubles, sets } = input.recovery;
        const last = intents.findLast(({ node }) => node === step.node);
        const spoiled = troubles.some(({ where }) => where === step.node);
        const killed = last && !spoiled && (last.position < 3 || seal.progress > 0);
        expect(sets?.[step.node] ?? 0).toBeLessThan(killed ? 9 : 3);
      }
    });
  });

  it('waits for a bounded time and says until when', () => {
    holds((input) => {
      const found = plan(input);
      if (found.kind !== 'wait') return;
      expect(found.until).toBeGreaterThan(now);
      expect(found.until).toBeLessThanOrEqual(found.giveUpAt);
      expect(found.giveUpAt).toBeLessThanOrEqual(now + 15 * minute);
    });
  });

  it('asks for approval only where one is missing, and never in break-glass', () => {
    holds((input) => {
      const found = plan(input);
      if (found.kind !== 'needs-approval') return;
      expect(input.recovery.way).not.toBe('break-glass');
      expect(found.missing).toBe(input.cluster.recovery.approvals - approvedBy(input));
      expect(found.missing).toBeGreaterThan(0);
    });
  });

  it('ends every wait: what is looked at again and again, and does not change, is given up', () => {
    holds((first) => {
      let input = first;
      for (let looks = 0; looks < 400; looks += 1) {
        const since = waitingSince(input);
        input = { ...input, recovery: { ...input.recovery, since } };
        const found = plan(input);
        if (found.kind !== 'wait') return;
        input = { ...input, now: Math.max(found.until, input.now + 5000) };
      }
      throw new Error('it waits for ever');
    });
  });
});
