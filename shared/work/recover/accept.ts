/**
 * After an import: the generation whose blob a person created is opened, envelope by envelope, and taken into use. And
 * the way back: to the generation that was proven before, while the one after it is not.
 */
import type { GenerationRow } from '../../escrow/generation.ts';
import type { Person } from '../../people/person.ts';
import type { Stored } from '../../state/ports.ts';
import { askedByHand } from './asked-by-hand.ts';
import type { RecoverDeps } from './deps.ts';
import { clusterOf } from './request.ts';
import { accept } from './revision.ts';
import { refused, type Said, said } from './said.ts';

/** How far the number of an import may be ahead of the one in use: a number near the end would be the last import. */
export const mostAhead = 1000;

interface Wanted {
  generation: number;
  revision: number;
}

type Accepted = Said<Wanted & { warnings: string[] }>;

export function acceptGeneration(
  deps: RecoverDeps,
  name: string,
  person: Person,
  wanted: Wanted,
): Promise<Accepted> {
  return take(deps, name, person, { kind: 'accept', ...wanted }, (before) => {
    const problem = numberProblem(name, before?.value.generation ?? 0, wanted);
    return problem === undefined ? wanted : { problem };
  });
}

/** By an approver, to exactly what the row remembers. Nothing goes back by itself: docs/escrow.md says why. */
export async function goBack(
  deps: RecoverDeps,
  name: string,
  person: Person,
  wanted: Wanted,
): Promise<Accepted> {
  const problem = `${name}: the way back leads from a generation that is not proven to the one proven before it, and to no other: see sealwatch escrow list`;
  const asked = { kind: 'go-back', ...wanted } as const;
  const back = await take(deps, name, person, asked, (before) => wayBack(before, wanted) ?? { problem });
  // A recovery that waited for shares that open goes on.
  if (back.ok) await deps.state.nudges.send('steps', name, 0);
  return back;
}

async function take(
  deps: RecoverDeps,
  name: string,
  person: Person,
  asked: Wanted & { kind: 'accept' | 'go-back' },
  choose: (before: Stored<GenerationRow> | undefined) => Parameters<typeof accept>[2] | { problem: string },
): Promise<Accepted> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  await askedByHand(deps, cluster.name, person, { ...asked });
  const before = await deps.state.generations.newest(cluster.name);
  const chosen = choose(before);
  if ('problem' in chosen) return refused('conflict', chosen.problem);
  const used = await accept(deps, cluster, chosen, before, { who: person.id, name: person.name });
  if (!used.ok) return refused('conflict', used.why);
  await deps.state.nudges.send('probe', cluster.name, 0);
  const { generation, revision } = chosen;
  return said({ generation, revision, warnings: used.problems.map(({ message }) => message) });
}

/** A proven one is not gone back from: what unsealed the cluster last is what it unseals with. */
function wayBack(
  before: Stored<GenerationRow> | undefined,
  { generation, revision }: Wanted,
): GenerationRow['previous'] {
  const { previous, provenAt } = before?.value ?? {};
  if (provenAt !== undefined || previous?.generation !== generation) return undefined;
  return previous.revision === revision ? previous : undefined;
}

/**
 * Numbers may be left out: the blob of an import that was not accepted keeps its own. Revisions of a generation in use
 * are made by this app alone, after an approval (rebind) or by the daily rewrap.
 */
function numberProblem(
  cluster: string,
  newest: number,
  { generation, revision }: Wanted,
): string | undefined {
  if (generation <= newest || revision !== 1) {
    return `an import into ${cluster} is revision 1 of a generation after ${newest}: generation ${newest} was accepted already`;
  }
  if (generation <= newest + mostAhead) return undefined;
  return `an import into ${cluster} is at most generation ${newest + mostAhead}: run sealwatch escrow import again`;
}
