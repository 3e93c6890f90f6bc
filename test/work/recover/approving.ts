/** A person looks at a recovery, and approves what is shown. */
import type { Approval, Person } from '../../../shared/people/person.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { approveRecovery as approve } from '../../../shared/work/recover/respond.ts';
import type { Said } from '../../../shared/work/recover/said.ts';
import { showRecovery } from '../../../shared/work/recover/show.ts';

export async function approveRecovery(
  deps: RecoverDeps,
  id: string,
  person: Person,
): Promise<Said<Approval>> {
  const shown = await showRecovery(deps, id);
  return approve(deps, id, person, (shown.ok && shown.value.needs?.hash) || '');
}
