/** Carries out `unseal-node` steps: opens a threshold of shares once, sends them, zeroes them, notes what came of it. */
import { openThreshold } from '../../escrow/open.ts';
import type { Share } from '../../escrow/share.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import { withIntents } from '../../recovery/intents.ts';
import type { NodeSight, StartNote, Step, Trouble } from '../../recovery/recovery.ts';
import { type UnsealResult, unsealNodes } from '../../recovery/unseal.ts';
import type { RecoverDeps } from './deps.ts';
import type { Escrowed } from './escrowed.ts';
import { type HeldRecovery, leaseMs } from './held.ts';
import { markBad, markProven, refusals } from './learned.ts';
import { holdOf } from './observe.ts';
import { saveNotes } from './starts.ts';
import { foreignSets, troubleOf } from './troubles.ts';
import { type Trusted, trusts } from './trusted.ts';

type UnsealStep = Extract<Step, { kind: 'unseal-node' }>;
type Ready = Extract<Escrowed, { state: 'ready' }>;

/** One call of a custodian, ms. */
const custodianMs = 10_000;
/** All that one round asks of one node, ms: far less than the lease that the write before it took. */
const roundMs = Math.min(20_000, leaseMs / 3);

/** @throws LostRow before the first request that the row does not cover. */
export async function unseal(
  deps: RecoverDeps,
  cluster: Cluster,
  held: HeldRecovery,
  found: Ready,
  connected: Trusted,
  sights: NodeSight[],
  steps: UnsealStep[],
): Promise<{ ok: true } | { ok: false; message: string; recoverable: boolean }> {
  const { clock, state } = deps;
  const { generation, row } = found;
  const { id, by, byName, reason } = held.value;
  // Rule 2, at the last place where it can be asked.
  if (!trusts(connected, generation))
    throw new Error(`${cluster.name}: connected by the trust of another generation`);
  const audit = (what: 'step' | 'key-opened', facts: Record<string, string | number | boolean>) =>
    state.audit.write({
      at: clock.now(),
      who: by,
      name: byName,
      what,
      cluster: cluster.name,
      recovery: id,
      why: reason,
      facts: { ...facts, pass: held.pass, generation: generation.generation, revision: generation.revision },
    });
  await Promise.all(
    steps.map(({ kind, node, address, reset }) => audit('step', { kind, node, address, reset })),
  );
  const custodians = await deps.custodians(cluster);
  const { value: opened, lost } = await held.whileKept((signal) =>
    openThreshold({ generation, custodians, calling: { clock, timeoutMs: custodianMs, signal } }),
  );
  let shares: Share[] = [];
  try {
    if (opened.ok) shares = opened.shares;
    // Which keys opened is on record before anything can end this.
    await Promise.all(opened.opened.map((key) => audit('key-opened', { ...key })));
    if (lost !== undefined) throw lost;
    await held.trouble(
      opened.failures.map(({ code, custodian, message }): Trouble => {
        return {
          at: clock.now(),
          code: code === 'tampered' ? 'envelope' : 'custodian',
          where: custodian,
          message,
        };
      }),
    );
    if (!opened.ok) {
      const recoverable = opened.failures.some((failure) => failure.recoverable);
      return { ok: false, message: opened.message, recoverable };
    }
    // Custodians may have taken a minute: a hold that was set meanwhile stops automation before its first share.
    const hold = held.value.way === 'automatic' && (await holdOf(deps, cluster.name));
    if (hold && hold.until > clock.now()) return { ok: true };
    await held.trouble(foreignSets(held.value, sights, steps, clock.now()));
    const results = await unsealNodes(
      targetsOf(connected, steps),
      {
        generation: generation.generation,
        revision: generation.revision,
        threshold: generation.threshold,
        shares,
        contribution: false,
      },
      {
        pass: held.pass,
        clock,
        roundTimeoutMs: roundMs,
        beforeRound: async (intents) => {
          const { intents: all, sets } = withIntents(held.value, intents);
          await held.update({ intents: all, ...(sets && { sets }) });
          return 'go';
        },
      },
    );
    await noteStartsOf(deps, cluster.name, results, sights);
    await note(deps, held, results);
    if (results.some(({ result }) => result.kind === 'unsealed' && result.bySet)) {
      await markProven(deps, row);
    }
    const refused = refusals(held.value, row.value);
    if (refused && results.some(({ result }) => result.kind === 'wrong-generation'))
      await markBad(deps, row, { node: refused.node, recovery: id });
    return { ok: true };
  } finally {
    for (const share of shares) share.destroy();
  }
}

function targetsOf(connected: Trusted, steps: UnsealStep[]) {
  return steps.flatMap(({ node, reset }) => {
    const reached = connected.nodes.find((one) => one.node === node);
    return reached && !('code' in reached.client) ? [{ node, client: reached.client, reset }] : [];
  });
}

/** Before anything else: sealed again right away, it is not to look like the restart that it had before (rule 6). */
export async function noteStartsOf(
  deps: RecoverDeps,
  cluster: string,
  results: UnsealResult[],
  sights: NodeSight[],
): Promise<void> {
  const at = deps.clock.now();
  const notes = results.flatMap(({ node, result }): StartNote[] => {
    const start = sights.find((sight) => sight.node === node)?.start;
    return result.kind === 'unsealed' && start !== undefined ? [{ cluster, node, start, at }] : [];
  });
  await saveNotes(deps, notes);
}

async function note(deps: RecoverDeps, held: HeldRecovery, results: UnsealResult[]): Promise<void> {
  const taken = results.filter(({ result }) => result.kind === 'unsealed' || result.kind === 'joining');
  const at = deps.clock.now();
  const troubles = results.flatMap((result) => troubleOf(result, at));
  deps.log.info('shares-sent', {
    cluster: held.value.cluster,
    recovery: held.value.id,
    results: results.map(({ node, result }) => `${node}: ${result.kind}`),
  });
  const unsealed = [...new Set([...held.value.unsealed, ...taken.map(({ node }) => node)])];
  const unseals = { ...held.value.unseals };
  for (const { node } of taken) {
    unseals[node] = (unseals[node] ?? (held.value.unsealed.includes(node) ? 1 : 0)) + 1;
  }
  await held.update({ unsealed, unseals });
  await held.trouble(troubles);
}
