/** Look, plan and unseal together on a simulated cluster, stopped at every effect and begun again from the row. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { withIntents } from '../../shared/recovery/intents.ts';
import { look } from '../../shared/recovery/look.ts';
import { waitingSince } from '../../shared/recovery/plan/since.ts';
import { plan } from '../../shared/recovery/plan.ts';
import type { Plan, PlanInput, Recovery } from '../../shared/recovery/recovery.ts';
import * as b from './build.ts';
import { run, type UnderUnseal, underUnseal } from './unsealing.ts';

class Crash extends Error {}

interface Driven {
  fleet: UnderUnseal;
  row: Recovery;
  /** Effects left until it crashes; undefined: never. */
  crashIn?: number;
}

function effect(driven: Driven): void {
  if (driven.crashIn === undefined) return;
  driven.crashIn -= 1;
  if (driven.crashIn > 0) return;
  delete driven.crashIn;
  throw new Crash('stopped here');
}

/** One pass, until the plan does not act any more. */
async function pass(driven: Driven): Promise<Plan> {
  const { fleet } = driven;
  driven.row = { ...driven.row, passes: driven.row.passes + 1 };
  for (;;) {
    const nodes = fleet.simulation.state.nodes.map(({ name, address }) => ({
      node: name,
      address,
      client: fleet.client(name),
    }));
    const seen = await look(nodes, { clock: systemClock, timeoutMs: 1000 });
    const input: PlanInput = b.input({
      cluster: b.cluster({
        unknownSealCause: 'automatic',
        nodes: nodes.map(({ node, address }) => ({ name: node, address })),
      }),
      nodes: seen,
      notes: [],
      recovery: driven.row,
      now: fleet.now(),
    });
    driven.row = { ...driven.row, since: waitingSince(input) };
    const found = plan({ ...input, recovery: driven.row });
    if (found.kind !== 'act') return found;
    await unsealAll(driven, found);
  }
}

async function unsealAll(driven: Driven, { steps }: Extract<Plan, { kind: 'act' }>): Promise<void> {
  const { fleet } = driven;
  const targets = steps.flatMap((step) => {
    if (step.kind !== 'unseal-node') return [];
    const client = fleet.client(step.node);
    return {
      node: step.node,
      reset: step.reset,
      client: {
        sealStatus: client.sealStatus.bind(client),
        unseal: async (...args: Parameters<typeof client.unseal>) => {
          effect(driven);
          const answer = await client.unseal(...args);
          effect(driven);
          return answer;
        },
      },
    };
  });
  const { details } = await run(targets, fleet.shares(1, 2, 3), {
    pass: driven.row.passes,
    clock: { ...systemClock, now: () => fleet.now() },
    beforeRound: (intents) => {
      effect(driven);
      driven.row = withIntents(driven.row, intents);
      effect(driven);
      return Promise.resolve('go');
    },
  });
  for (const { node, result } of details) {
    if (result.kind === 'unsealed') driven.row = { ...driven.row, unsealed: [...driven.row.unsealed, node] };
    else if (result.kind !== 'joining') {
      const code = result.kind === 'interference' ? 'unseal-interference' : 'node-failed';
      driven.row = {
        ...driven.row,
        troubles: [...driven.row.troubles, { at: fleet.now(), code, where: node, message: result.kind }],
      };
    }
  }
}

async function untilTheEnd(driven: Driven): Promise<Plan> {
  for (let passes = 0; passes < 600; passes += 1) {
    try {
      const found = await pass(driven);
      if (found.kind !== 'wait') return found;
      driven.fleet.later(Math.max(500, found.until - driven.fleet.now()));
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      driven.fleet.later(1000);
    }
  }
  throw new Error('it never ends');
}

const served = (fleet: UnderUnseal) => fleet.nodes.map((node) => !fleet.sealed(node));

describe('a recovery, look after look', () => {
  it('brings back three nodes and ends when all of them serve', async () => {
    const driven: Driven = { fleet: underUnseal(), row: b.recovery() };
    expect(await untilTheEnd(driven)).toEqual({
      kind: 'nothing',
      outcome: 'recovered',
      summary: '3 of 3 nodes serving',
    });
    expect(driven.fleet.sent).toHaveLength(9);
  });

  it('brings back a node whose data was lost: it joins', async () => {
    const fleet = underUnseal();
    fleet.simulation.apply({ kind: 'kill', node: 'vault-3' });
    fleet.simulation.apply({ kind: 'wipe', node: 'vault-3' });
    fleet.simulation.apply({ kind: 'start', node: 'vault-3' });
    const driven: Driven = { fleet, row: b.recovery() };
    expect(await untilTheEnd(driven)).toMatchObject({
      outcome: 'recovered',
      summary: '3 of 3 nodes serving',
    });
  });

  it('ends with one node away, and names it', async () => {
    const fleet = underUnseal();
    fleet.simulation.apply({ kind: 'kill', node: 'vault-3' });
    expect(await untilTheEnd({ fleet, row: b.recovery() })).toMatchObject({
      outcome: 'recovered',
      summary: '2 of 3 nodes serving; vault-3 does not answer (refused)',
    });
  });

  it.each(Array.from({ length: 24 }, (_, n) => n + 1))(
    'stopped at effect %i and begun again, ends with all nodes serving',
    async (crashIn) => {
      const driven: Driven = { fleet: underUnseal(), row: b.recovery(), crashIn };
      expect(await untilTheEnd(driven)).toMatchObject({ kind: 'nothing' });
      expect(driven.crashIn).toBeUndefined();
      expect(served(driven.fleet)).toEqual([true, true, true]);
      const kinds = new Set(driven.fleet.sent.map(({ node, share }) => `${node} ${share}`));
      // Three shares and a reset: the pass after the crash sends the same three again.
      expect(kinds.size).toBeLessThanOrEqual(12);
    },
  );

  it('survives a stranger at each of our requests', async () => {
    for (const n of [4, 5, 6, 7, 8]) {
      const fleet = underUnseal();
      fleet.before('vault-2', n, () =>
        fleet.stranger('vault-2', { key: Buffer.alloc(33, 7).toString('base64') }),
      );
      const found = await untilTheEnd({ fleet, row: b.recovery() });
      // Its share may be the last one that the node holds: then it is left alone first, and people are told.
      expect(found.kind === 'refuse' ? found.code : found.kind).toMatch(/^(nothing|foreign-progress)$/);
    }
  });
});
