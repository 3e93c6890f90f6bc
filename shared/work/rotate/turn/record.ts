/** What is written of a step: before it, who does it and why; after it, what came of it. */
import type { Rotation } from '../../../rotation/rotation.ts';
import type { Turn } from './context.ts';
import type { HeldRotation } from './held.ts';

type Without = NonNullable<Parameters<HeldRotation['update']>[1]>;

/** A step succeeded. @param stillFails what failed before it is not mended by it. @throws LostRotation */
export async function done(
  held: HeldRotation,
  change: Partial<Rotation>,
  without: Without = [],
  stillFails = false,
): Promise<'again'> {
  await held.update(change, [...without, ...(stillFails ? [] : (['failing'] as const)), 'needs']);
  return 'again';
}

/** On record before the request goes out. */
export async function onRecord(
  { deps, cluster, name }: Turn,
  { value }: HeldRotation,
  step: string,
  why: string,
  facts: Record<string, string | number> = {},
): Promise<void> {
  await deps.state.audit.write({
    at: deps.clock.now(),
    who: 'app:rotate',
    what: 'step',
    cluster: cluster.name,
    rotation: value.id,
    why,
    facts: { kind: name, step, ...facts },
  });
}
