/** After an import: the generation whose blob a person created is opened, envelope by envelope, and taken into use. */
import type { Person } from '../../people/person.ts';
import type { RecoverDeps } from './deps.ts';
import { clusterOf } from './request.ts';
import { accept } from './revision.ts';
import { refused, type Said, said } from './said.ts';

export async function acceptGeneration(
  deps: RecoverDeps,
  name: string,
  person: Person,
  wanted: { generation: number; revision: number },
): Promise<Said<{ generation: number; revision: number; warnings: string[] }>> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  const before = await deps.state.generations.newest(cluster.name);
  const newest = before?.value.generation ?? 0;
  // Numbers may be left out: the blob of an import that was not accepted keeps its own. Revisions of a generation in
  // use are made here alone, after an approval (rebind) or by the daily rewrap.
  if (wanted.generation <= newest || wanted.revision !== 1) {
    return refused(
      'conflict',
      `an import into ${cluster.name} is revision 1 of a generation after ${newest}: generation ${newest} was accepted already`,
    );
  }
  const used = await accept(deps, cluster, wanted, before, person.id);
  if (!used.ok) return refused('conflict', used.why);
  await deps.state.nudges.send('probe', cluster.name, 0);
  return said({ ...wanted, warnings: used.problems.map(({ message }) => message) });
}
