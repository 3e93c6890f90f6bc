/** One turn on one credential of one cluster: what it acts with, and what it has seen so far. */
import type { Cluster, Fleet } from '../../../fleet/fleet.ts';
import { fingerprintOf } from '../../../rotation/fingerprint.ts';
import { isSecret } from '../../../rotation/plan/policy.ts';
import type {
  ConsumerSight,
  Did,
  Kind,
  KindName,
  Look,
  Rotation,
  Sink,
  StoreSink,
} from '../../../rotation/rotation.ts';
import type { RotateDeps } from '../deps.ts';
import type { HeldRotation } from './held.ts';
import type { Values } from './values.ts';

export interface Turn {
  deps: RotateDeps;
  fleet: Fleet;
  cluster: Cluster;
  name: KindName;
  kind: Kind;
  sinks: Sink[];
  /** Of the rotating cluster, or of another that unseals with the same. */
  value: (cluster?: Cluster) => Promise<Did<Buffer | undefined>>;
  values: Values;
  held?: HeldRotation;
  asked?: { by: string; byName: string; reason: string };
  /** Seen in this turn; forgotten by what changes it. */
  seen: { look?: Did<Look>; consumers?: ConsumerSight[] };
  /** What was renewed in this turn, or refused to be: once is enough. */
  renewed: Set<'current' | 'fresh'>;
}

export function storeSinks({ sinks }: Pick<Turn, 'sinks'>): StoreSink[] {
  return sinks.filter((sink): sink is StoreSink => sink.holds === 'value');
}

/** What values are kept in over turns: the first that holds any. They are looked for in all: fleet.yaml may name another first. */
export function primary(turn: Pick<Turn, 'sinks'>): StoreSink | undefined {
  return storeSinks(turn)[0];
}

export async function look(turn: Turn): Promise<Did<Look>> {
  turn.seen.look ??= await lookNow(turn);
  return turn.seen.look;
}

async function lookNow({ kind, value }: Turn): Promise<Did<Look>> {
  if (!isSecret(kind.name)) return kind.look(undefined);
  const current = await value();
  if (!current.ok) return current;
  try {
    return await kind.look(current.value);
  } finally {
    current.value?.fill(0);
  }
}

/** Which of a rotation's two values it is. */
export function whichOf(
  rotation: Rotation,
  value: Buffer | undefined,
): 'fresh' | 'old' | 'other' | 'nothing' {
  if (value === undefined) return 'nothing';
  const fingerprint = fingerprintOf(rotation.id, value);
  if (fingerprint === rotation.fresh?.fingerprint) return 'fresh';
  return fingerprint === rotation.old?.fingerprint ? 'old' : 'other';
}

/** What each store holds live. */
export async function heldLive(
  turn: Turn,
  rotation: Rotation,
): Promise<Record<string, Did<'fresh' | 'old' | 'other' | 'nothing'>>> {
  const found = await Promise.all(
    storeSinks(turn).map(async (sink) => {
      const read = await sink.read('live');
      if (!read.ok) return [sink.name, read] as const;
      const value = whichOf(rotation, read.value);
      read.value?.fill(0);
      return [sink.name, { ok: true, value } as const] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** What a cluster's next restart reads. */
export async function readLive(
  turn: Turn,
  rotation: Rotation,
  cluster: Cluster,
): Promise<Did<'fresh' | 'old' | 'other' | 'nothing'>> {
  const current = await turn.value(cluster);
  if (!current.ok) return current;
  const value = whichOf(rotation, current.value);
  current.value?.fill(0);
  return { ok: true, value };
}

/** The new one: held by this turn, or by a slot. The turn zeroes it. */
export async function freshValue(turn: Turn, rotation: Rotation): Promise<Buffer | undefined> {
  return (
    turn.values.fresh ??
    (await find(turn, rotation, 'fresh', 'next', (value) => turn.values.keepFresh(value)))
  );
}

/** The one before. The turn zeroes it. */
export function oldValue(turn: Turn, rotation: Rotation): Promise<Buffer | undefined> {
  return find(turn, rotation, 'old', 'previous', (value) => turn.values.keep(value));
}

async function find(
  turn: Turn,
  rotation: Rotation,
  which: 'fresh' | 'old',
  slot: 'next' | 'previous',
  keep: (value: Buffer) => Buffer,
): Promise<Buffer | undefined> {
  const stores = storeSinks(turn);
  const places = [
    ...stores.map((sink) => [sink, slot] as const),
    ...stores.map((sink) => [sink, 'live'] as const),
  ];
  for (const [sink, of] of places) {
    const read = await sink.read(of);
    if (!read.ok || read.value === undefined) continue;
    if (whichOf(rotation, read.value) === which) return keep(read.value);
    read.value.fill(0);
  }
  return undefined;
}
