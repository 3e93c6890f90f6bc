/** What people's tests approve: a binding, a person, an approval. */
import type { Approval, ApprovalBinding, Person } from '../../shared/people/person.ts';

export const night = Date.UTC(2026, 10, 22, 2);

export function person(name: string, over: Partial<Person> = {}): Person {
  return { id: `tenant/${name}`, name, roles: ['Sealwatch.Approve'], ...over };
}

export function binding(over: Partial<ApprovalBinding> = {}): ApprovalBinding {
  return {
    recovery: 'payments.k3v9',
    cluster: 'payments',
    steps: ['await-leader', 'unseal-node', 'verify'],
    fleetEntry: 'a'.repeat(64),
    generation: { generation: 3, revision: 2 },
    ...over,
  };
}

export function approval(by: string, over: Partial<Approval> = {}): Approval {
  return {
    binding: binding(),
    by: `tenant/${by}`,
    name: by,
    at: night,
    expiresAt: night + 60 * 60_000,
    ...over,
  };
}
