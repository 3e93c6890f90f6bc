/** On record before it is judged: who asked this app for something that is no recovery, also where it is refused. */
import type { AuditEntry, Person } from '../../people/person.ts';
import type { RecoverDeps } from './deps.ts';

export function askedByHand(
  { state, clock }: Pick<RecoverDeps, 'state' | 'clock'>,
  cluster: string,
  { id, name }: Person,
  facts: AuditEntry['facts'],
): Promise<void> {
  const about = { who: id, name, cluster, why: 'asked by hand' };
  return state.audit.write({ at: clock.now(), what: 'requested', ...about, facts });
}
