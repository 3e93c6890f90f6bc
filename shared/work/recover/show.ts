/** A recovery as people see it: no intents by nonce, no bindings but the one to approve. */
import { excludesRequester } from '../../approvals.ts';
import { bindingHash } from '../../people/approvals.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import type { RecoverDeps } from './deps.ts';
import { findRecovery } from './respond.ts';
import { refused, type Said, said } from './said.ts';
import { awaitedText } from './words.ts';

export interface Shown {
  id: string;
  cluster: string;
  kind: Recovery['kind'];
  status: Recovery['status'];
  requested: { at: string; by: string; way: Recovery['way']; reason: string; dryRun: boolean };
  waitsFor?: { what: string; until: string };
  /** `hash`: of the binding, by which whoever approves says what was shown. */
  needs?: NonNullable<Recovery['needs']> & { hash: string };
  approvals: { by: string; at: string; until: string }[];
  unsealed: string[];
  troubles: { at: string; where: string; message: string }[];
  ended?: { at: string; outcome: string; summary: string };
}

const iso = (ms: number): string => new Date(ms).toISOString();

export async function showRecovery(deps: RecoverDeps, id: string): Promise<Said<Shown>> {
  const stored = await findRecovery(deps, id);
  if (!stored) return refused('not-found', 'there is no such recovery');
  const { value } = stored;
  const approvals = await deps.state.approvals.of(value.cluster, value.id);
  const { cluster, kind, status, requestedAt, byName, way, reason, dryRun } = value;
  return said({
    id,
    cluster,
    kind,
    status,
    requested: { at: iso(requestedAt), by: byName, way, reason, dryRun },
    ...(value.waiting && { waitsFor: { what: value.waiting.what, until: iso(value.waiting.until) } }),
    ...(value.needs && { needs: neededBy(value, value.needs) }),
    approvals: approvals.map(({ name, at, expiresAt }) => ({ by: name, at: iso(at), until: iso(expiresAt) })),
    unsealed: value.unsealed,
    troubles: value.troubles.map(({ at, where, message }) => ({ at: iso(at), where, message })),
    ...(value.ended && { ended: { ...value.ended, at: iso(value.ended.at) } }),
  });
}

/** `why` says who may approve. */
function neededBy(recovery: Recovery, needs: NonNullable<Recovery['needs']>): NonNullable<Shown['needs']> {
  const { binding, approvals, why } = needs;
  const asked = { needed: approvals.needed, requester: recovery.by };
  const who = `${awaitedText(recovery, needs)}${excludesRequester(binding, asked) ? ' (whoever asked does not count)' : ''}`;
  return { ...needs, why: `by ${who}: ${why}`, hash: bindingHash(binding) };
}
