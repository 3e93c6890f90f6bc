/** Compose's own, for waits of minutes and days: times that a provider tells are of the same calendar as the app's. */
import type { Did, Kind, Look, Made } from '../../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../../shared/work/rotate/deps.ts';
import type { LeapingClock } from './leaping-clock.ts';

type Told = (at: number) => number;

export function leaping(deps: RotateDeps, clock: LeapingClock): RotateDeps {
  return {
    ...deps,
    clock,
    sight: async (cluster) => clock.tell(await deps.sight(cluster)),
    async rotation(...asked) {
      const access = await deps.rotation(...asked);
      if (!access.ok) return access;
      return { ...access, kind: tellingTimes(access.kind, (at) => clock.told(at)) };
    },
  };
}

function tellingTimes(kind: Kind, told: Told): Kind {
  return {
    ...kind,
    look: async (value) => mapped(await kind.look(value), (look) => lookTold(look, told)),
    create: async (id) => mapped(await kind.create(id), (made) => madeTold(made, told)),
  };
}

function mapped<T, More extends object>(did: Did<T> & More, change: (value: T) => T): Did<T> & More {
  return did.ok ? { ...did, value: change(did.value) } : did;
}

function lookTold(look: Look, told: Told): Look {
  const { current, versions } = look;
  return {
    ...look,
    current: current.state === 'works' ? timesTold(current, told) : current,
    ...(versions && { versions: versions.map((version) => ({ ...version, madeAt: told(version.madeAt) })) }),
  };
}

function madeTold(made: Made, told: Told): Made {
  return { ...made, fresh: timesTold(made.fresh, told) };
}

function timesTold<T extends { madeAt?: number; endsAt?: number }>(of: T, told: Told): T {
  const { madeAt, endsAt } = of;
  return {
    ...of,
    ...(madeAt !== undefined && { madeAt: told(madeAt) }),
    ...(endsAt !== undefined && { endsAt: told(endsAt) }),
  };
}
