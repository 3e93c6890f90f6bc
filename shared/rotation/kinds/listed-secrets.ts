/** Reading of the client secrets that Graph lists: whose each is, and which of them a value may be. Pure. */
import type { Application, ListedSecret } from '../graph.ts';
import type { Look } from '../rotation.ts';

const begins = 'sealwatch ';
/** More secrets than these are counted, not told one by one. */
const mostLines = 20;

/** What a secret is called that a rotation makes: whoever finds it knows whose it is. */
export function displayNameFor(rotation: string): string {
  return `${begins}${rotation}`;
}

/** The rotation that made it: `CLUSTER.RANDOM` of this cluster. Undefined: people's own, or another cluster's. */
export function rotationOf({ displayName = '' }: ListedSecret, cluster: string): string | undefined {
  const rotation = displayName.startsWith(`${begins}${cluster}.`)
    ? displayName.slice(begins.length)
    : undefined;
  // The random part: what follows it is somebody's own wording.
  return rotation !== undefined && /^[\w-]{1,64}$/.test(rotation.slice(cluster.length + 1))
    ? rotation
    : undefined;
}

export function isLive({ endsAt }: ListedSecret, { at }: Application): boolean {
  return endsAt === undefined || endsAt > at;
}

export function liveOurs(application: Application, cluster: string): Look['ours'] {
  return application.secrets.flatMap((secret) => {
    const rotation = rotationOf(secret, cluster);
    if (rotation === undefined || !isLive(secret, application)) return [];
    const { keyId, startsAt, endsAt } = secret;
    return [
      {
        rotation,
        ref: keyId,
        ...(startsAt !== undefined && { madeAt: startsAt }),
        ...(endsAt !== undefined && { endsAt }),
      },
    ];
  });
}

/** The live ones that a value may be, by its first characters; those without a hint where no hint fits. */
export function candidatesFor(application: Application, value: Buffer): ListedSecret[] {
  const live = application.secrets.filter((secret) => isLive(secret, application));
  const hint = value.subarray(0, 3).toString('utf8');
  const fitting = live.filter((secret) => secret.hint === hint);
  return fitting.length > 0 ? fitting : live.filter((secret) => secret.hint === undefined);
}

/** What is known of a value that works: of several that it may be, the earliest end, so that none surprises. */
export function currentOf(candidates: ListedSecret[]): Extract<Look['current'], { state: 'works' }> {
  const [first] = candidates.toSorted((a, b) => endOf(a) - endOf(b));
  const { keyId, startsAt, endsAt } = first ?? {};
  return {
    state: 'works',
    renewable: false,
    ...(candidates.length === 1 && keyId !== undefined && { ref: keyId }),
    ...(startsAt !== undefined && { madeAt: startsAt }),
    ...(endsAt !== undefined && { endsAt }),
    ...(startsAt !== undefined && endsAt !== undefined && { lifeMs: endsAt - startsAt }),
  };
}

const endOf = ({ endsAt }: ListedSecret): number => endsAt ?? Number.POSITIVE_INFINITY;

/** @param shown makes a name of theirs safe to show. */
export function foreignLines(
  application: Application,
  cluster: string,
  shown: (text: string) => string,
): string[] {
  const foreign = application.secrets.filter((secret) => rotationOf(secret, cluster) === undefined);
  const lines = foreign.slice(0, mostLines).map((secret) => {
    const name = shown(secret.displayName ?? '');
    const called = name === '' ? 'a secret without a name' : `a secret called "${name}"`;
    const ends = isLive(secret, application) ? 'ends' : 'ended';
    return `${called}, made ${day(secret.startsAt)}, ${ends} ${day(secret.endsAt)}: people's own, not touched`;
  });
  const more = foreign.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more secrets of people's own`] : lines;
}

function day(ms: number | undefined): string {
  return ms === undefined ? 'nobody knows when' : new Date(ms).toISOString().slice(0, 10);
}
