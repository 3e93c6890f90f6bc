/** A renewal puts the end of a token off, and changes nothing for the cluster: also while something else is waited for. */
import type { RotationPlan } from '../../../rotation/plan/say.ts';
import type { Credential, Did, Rotation, RotationFailure } from '../../../rotation/rotation.ts';
import { freshValue, type Turn, whichOf } from './context.ts';

type Renew = Extract<RotationPlan, { do: 'renew' }>;

/** One more request would be refused as well… */
const refusals: ReadonlySet<RotationFailure> = new Set(['denied', 'dead', 'wrong', 'odd']);
/** …for so long, ms. */
const refusedMs = 3_600_000;

/** In this turn, or refused within the hour. */
export function wasTried(
  { renewed, deps }: Turn,
  rotation: Rotation | undefined,
  which: Renew['which'],
): boolean {
  const at = rotation?.unrenewed?.[which];
  return renewed.has(which) || (at !== undefined && deps.clock.now() - at < refusedMs);
}

/** Once in a turn, whatever comes of it. @throws LostRotation */
export async function renew(turn: Turn, { which, why }: Renew): Promise<Did<void>> {
  const { deps, cluster, name, kind, held, seen } = turn;
  turn.renewed.add(which);
  const value = await valueOf(turn, which);
  if (!value || !kind.renew) return { ok: false, code: 'unreachable', detail: 'its value cannot be read' };
  try {
    await deps.state.audit.write({
      at: deps.clock.now(),
      who: 'app:rotate',
      what: 'renewed',
      cluster: cluster.name,
      ...(held && { rotation: held.value.id }),
      why,
      facts: { kind: name, which },
    });
    const renewed = await kind.renew(value);
    delete seen.look;
    const facts = { cluster: cluster.name, kind: name, which };
    if (!renewed.ok) {
      deps.log.warn('credential-not-renewed', { ...facts, detail: renewed.detail });
      if (refusals.has(renewed.code))
        await held?.update({ unrenewed: { ...held.value.unrenewed, [which]: deps.clock.now() } });
      return renewed;
    }
    deps.log.info('credential-renewed', facts);
    await note(turn, which, value);
    return renewed;
  } finally {
    if (which === 'current') value.fill(0);
  }
}

/** The turn zeroes the new one itself. */
async function valueOf(turn: Turn, which: Renew['which']): Promise<Buffer | undefined> {
  if (which === 'fresh') return turn.held && freshValue(turn, turn.held.value);
  const current = await turn.value();
  return current.ok ? current.value : undefined;
}

/** That use of it was ours; and what was not delivered yet is planned for by the end that its row has. */
async function note(turn: Turn, which: Renew['which'], value: Buffer): Promise<void> {
  const { held, deps } = turn;
  if (!held) return;
  const { fresh, old } = held.value;
  const renewedAt = deps.clock.now();
  const is = which === 'fresh' ? 'fresh' : whichOf(held.value, value);
  if (is === 'fresh' && fresh) {
    const endsAt = await endOf(turn, fresh, value);
    await held.update({ fresh: { ...fresh, renewedAt, ...(endsAt !== undefined && { endsAt }) } });
  }
  if (is === 'old' && old) await held.update({ old: { ...old, renewedAt } });
}

async function endOf({ kind }: Turn, { endsAt }: Credential, value: Buffer): Promise<number | undefined> {
  const looked = await kind.look(value);
  const current = looked.ok && looked.value.current.state === 'works' ? looked.value.current : undefined;
  return current?.endsAt ?? endsAt;
}
