/** Rule 9: what nodes read, or are about to, must not end while it waits. A renewal changes nothing else. */
import type { Look } from '../rotation.ts';
import { isAnother } from './another.ts';
import { isSecret } from './policy.ts';
import type { RotationInput, RotationPlan } from './say.ts';

type Renew = Extract<RotationPlan, { do: 'renew' }>;

/** What an open rotation renews, whatever else is in its way. */
export function planRenewal(input: RotationInput): Renew | undefined {
  return renewCurrent(input) ?? renewFresh(input);
}

/**
 * What the next restart would read. Vault renews its own at 70 % while it runs: whoever is later than half is likely not
 * running.
 */
export function renewCurrent({
  kind,
  look,
  now,
}: Pick<RotationInput, 'kind' | 'look' | 'now'>): Renew | undefined {
  if (!isSecret(kind) || !look.ok || !isHalfOver(look.value.current, now)) return undefined;
  return { do: 'renew', which: 'current', why: 'half of its life is over, and a renewal is enough' };
}

function isHalfOver(current: Look['current'], now: number): boolean {
  if (current.state !== 'works' || !current.renewable || current.endsAt === undefined) return false;
  return current.endsAt - now <= (current.lifeMs ?? 0) / 2;
}

/** What is in a slot, or in sinks that the seal's own reference does not lead to yet: no node renews that. */
function renewFresh(input: RotationInput): Renew | undefined {
  const { rotation, look, now } = input;
  // Nothing puts the end of a client secret off.
  if (rotation?.kind !== 'transit-token' || rotation.direction === 'back') return undefined;
  const { fresh, stage } = rotation;
  const current = look.ok ? look.value.current : undefined;
  const isRead = current?.state === 'works' && current.ref === fresh?.ref;
  const isThere = stage === 'created' ? input.freshAtHand : stage === 'delivered' || stage === 'verified';
  if (!fresh || isRead || !isThere || isAnother(input)) return undefined;
  const { endsAt, renewedAt = fresh.madeAt } = fresh;
  if (endsAt === undefined || renewedAt === undefined || endsAt - now > (endsAt - renewedAt) / 2)
    return undefined;
  return { do: 'renew', which: 'fresh', why: 'half of its life is over, and no node renews it yet' };
}
