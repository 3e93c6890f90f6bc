import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { waitingSince } from '../../shared/recovery/plan/since.ts';
import { plan } from '../../shared/recovery/plan.ts';
import type { PlanInput } from '../../shared/recovery/recovery.ts';
import * as b from './build.ts';
import { inputs } from './plan-inputs.ts';

const runs = { numRuns: 1000, seed: 20_261_122 };
const { now, minute } = b;

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

/**
 * By the letter of rule 7, told apart from how the plan counts.
 *
 * @param node counts only who approved after it was last known unsealed: its seal may be a new one.
 */
function approvedBy(
  { approvals, cluster, recovery, generation, fleetEntry, notes }: PlanInput,
  node?: string,
): number {
  const people = new Set<string>();
  const unsealedAt = [
    ...notes.filter((note) => note.node === node).map(({ at }) => at),
    ...recovery.intents
      .filter((intent) => intent.node === node && recovery.unsealed.includes(intent.node))
      .map(({ at }) => at),
  ];
  for (const { binding, by, at, expiresAt } of approvals) {
    if (now >= expiresAt || now >= at + 60 * minute || at > now + minute) continue;
    if (unsealedAt.some((seen) => seen >= at)) continue;
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
      if (recovery.way === 'break-glass') return;
      const acts = unsealed(input);
      const approved = (node?: string) => approvedBy(input, node) >= cluster.recovery.approvals;
      const byItself = recovery.way === 'automatic' && cluster.recovery.policy === 'automatic';
      if (!byItself && !approved()) expect(acts).toEqual([]);
      for (const { sight } of acts) {
        if (approved(sight.node)) continue;
        expect(disproofs.map(({ node }) => node)).not.toContain(sight.node);
        const note = notes.find(({ node }) => node === sight.node);
        const known = note !== undefined && sight.start !== undefined;
        if (known) expect(Math.abs((sight.start ?? 0) - note.start)).toBeGreaterThan(2000);
        const proven = known && (sight.start ?? 0) > note.at - 2000;
        if (!proven) expect([byItself, cluster.unknownSealCause]).toEqual([true, 'automatic']);
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

  it('never sends shares to a node that says it is auto-unsealed, in a migration, or rekeyed', () => {
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

  it('begins no more than three sets at a node until it comes back, and nine where passes were killed amid them', () => {
    holds((input) => {
      for (const { step, seal } of unsealed(input)) {
        const { intents, troubles, sets } = input.recovery;
        const last = intents.findLast(({ node }) => node === step.node);
        const spoiled = troubles.some(({ where }) => where === step.node);
        const killed = last && !spoiled && (last.position < 3 || seal.progress > 0);
        const back = input.notes.some(({ node, at }) => node === step.node && last && at > last.at);
        if (!back) expect(sets?.[step.node] ?? 0).toBeLessThan(killed ? 9 : 3);
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
      const { approvals } = input.cluster.recovery;
      const people = [approvedBy(input), ...input.nodes.map(({ node }) => approvedBy(input, node))];
      expect(people).toContain(approvals - found.missing);
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

  it('helps the others, whatever one node says of its seal', () => {
    const lies = [
      { t: 9, n: 9 },
      { n: 9 },
      { recovery_seal: true },
      { migration: true },
      { type: 'transit' },
    ];
    fc.assert(
      fc.property(inputs, fc.constantFrom(...lies), (first, lie) => {
        // Without the third node, and with it lying: the same nodes are sent shares.
        const nodes = first.nodes.slice(0, 2);
        const input = { ...first, nodes, recovery: { ...first.recovery, lost: [] } };
        const lying = b.sight(3, 'sealed', { state: { kind: 'sealed', seal: b.sealStatus(lie) } });
        const sent = (of: PlanInput) => unsealed(of).map(({ step }) => step);
        expect(sent({ ...input, nodes: [...nodes, lying] })).toEqual(sent(input));
      }),
      runs,
    );
  });
});
