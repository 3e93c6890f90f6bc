/** What a plan is given, built: say what a test is about, leave out the rest. */
import type { Cluster, Fleet, RotationPolicy, Seal } from '../../../shared/fleet/fleet.ts';
import { type InUse, inUse as inUseIn } from '../../../shared/rotation/plan/in-use.ts';
import type { RotationInput, RotationPlan } from '../../../shared/rotation/plan/say.ts';
import { planRotation } from '../../../shared/rotation/plan.ts';
import type { ConsumerSight, KindName, Look, Rotation } from '../../../shared/rotation/rotation.ts';
import { aRotation, noon } from '../../fakes/state/rotate-examples.ts';
import { fleetOf } from '../../fleet/builders.ts';

export { noon };
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** `orders` shares the key of `payments`, and has a token of its own. `cards` is sealed by a Key Vault. */
const text = `
version: 1
clusters:
  root: {nodes: ["https://root-0:8200"]}
  payments:
    nodes: ["https://payments-0:8200", "https://payments-1:8200"]
    seal: {type: transit, provider: root, key: shared, token: "file:/sinks/first"}
    recovery: {approvals: 1}
    rotation:
      token: {role: seal}
      transitKey: {every: 90d, raiseMinimum: true}
      sinks:
        hook: {kind: webhook, url: "https://deploy.example.com", signingKeys: ["env:SEALWATCH_SECRET_KEY"], within: 0s}
        first: {kind: file, path: /sinks/first}
        second: {kind: file, path: /sinks/second}
      grace: 1d
      overdue: 7d
  orders:
    nodes: ["https://orders-0:8200"]
    seal: {type: transit, provider: root, key: shared, token: "file:/sinks/orders"}
  cards:
    nodes: ["https://cards-0:8200"]
    seal:
      type: azurekeyvault
      tenant: 11111111-1111-1111-1111-111111111111
      clientId: 22222222-2222-2222-2222-222222222222
      clientSecret: file:/sinks/cards
      vault: seals
      key: cards
    recovery: {approvals: 1}
    rotation:
      secret: {application: 33333333-3333-3333-3333-333333333333, life: 180d}
      vaultKey: {every: 90d}
      sinks: {first: {kind: file, path: /sinks/cards}}
      grace: 1d
`;

export const fleet: Fleet = fleetOf(text);

/** Of every cluster. */
export const fleetEntries = Object.fromEntries(fleet.clusters.map(({ name }) => [name, 'e'.repeat(64)]));

const nothingRotated: RotationPolicy = { sinks: [], stepDown: false, graceMs: day, overdueMs: 7 * day };

/** The fleet, with another policy of one cluster. */
export function policed(name: string, over: Partial<RotationPolicy>, of: Fleet = fleet): Fleet {
  return changed(name, ({ rotation }) => ({ rotation: { ...(rotation ?? nothingRotated), ...over } }), of);
}

export function sealed(name: string, over: Partial<Extract<Seal, { type: 'transit' }>>): Fleet {
  return changed(name, ({ seal }) => ({ seal: seal.type === 'transit' ? { ...seal, ...over } : seal }));
}

export function withoutRotation(name: string): Fleet {
  const clusters = fleet.clusters.map((cluster) => {
    const { rotation: _rotation, ...rest } = cluster;
    return cluster.name === name ? rest : cluster;
  });
  return { ...fleet, clusters };
}

function changed(name: string, over: (cluster: Cluster) => Partial<Cluster>, of: Fleet = fleet): Fleet {
  const clusters = of.clusters.map((cluster) =>
    cluster.name === name ? { ...cluster, ...over(cluster) } : cluster,
  );
  return { ...of, clusters };
}

const clusterOf: Record<KindName, string> = {
  'transit-token': 'payments',
  'transit-key': 'payments',
  'entra-secret': 'cards',
  'keyvault-key': 'cards',
};

type Current = Look['current'];

/** It works, and was made a day ago for half a year. */
export function works(over: Partial<Extract<Current, { state: 'works' }>> = {}): Look {
  const current = {
    state: 'works',
    ref: 'ref-1',
    madeAt: noon - day,
    endsAt: noon + 179 * day,
    lifeMs: 180 * day,
    renewable: false,
    ...over,
  } as const;
  return { current, ours: [], foreign: [] };
}

export function dead(why = 'it was revoked'): Look {
  return { current: { state: 'dead', why }, ours: [], foreign: [] };
}

/** A key whose versions, from 1 on, were made so many days before noon. */
export function versions(...daysAgo: number[]): Look {
  const made = daysAgo.map((days, index) => ({
    version: String(index + 1),
    madeAt: noon - days * day,
    enabled: true,
  }));
  const newest = made.at(-1);
  const current = { state: 'works', ref: newest?.version ?? '', renewable: false } as const;
  return { current, ours: [], foreign: [], versions: made, minimum: 1 };
}

/** Its nodes all started, and its active one leads, since then. */
export function sight(cluster: string, since: number | undefined, nodes = 1): ConsumerSight {
  const named = Array.from({ length: nodes }, (_, index) => `${cluster}-${index}`);
  if (since === undefined) {
    const unseen = 'its metrics are not readable';
    return { cluster, nodes: named.map((node) => ({ node, unseen })), leaderUnseen: 'it does not say' };
  }
  return { cluster, nodes: named.map((node) => ({ node, startedAt: since })), leaderSince: since };
}

export function anInput(kind: KindName, over: Partial<RotationInput> = {}): RotationInput {
  const of = over.fleet ?? fleet;
  const cluster = of.clusters.find(({ name }) => name === clusterOf[kind]);
  if (!cluster) throw new Error(`no cluster for ${kind}`);
  return {
    fleet: of,
    cluster,
    kind,
    fleetEntry: 'e'.repeat(64),
    fleetEntries,
    earlier: [],
    look: {
      ok: true,
      value: kind === 'transit-key' || kind === 'keyvault-key' ? versions(400, 10) : works(),
    },
    held: {},
    freshAtHand: false,
    oldAtHand: false,
    consumers: [sight(cluster.name, noon - day, cluster.nodes.length)],
    blocked: [],
    approvals: [],
    now: noon,
    ...over,
  };
}

/** An open one of a kind, with one before it. */
export function anOpen(kind: KindName, over: Partial<Rotation> = {}): Rotation {
  const { clusters } = fleet;
  const cluster = clusters.find(({ name }) => name === clusterOf[kind])?.name ?? '';
  return aRotation({
    id: `${cluster}.first`,
    cluster,
    kind,
    old: { ref: '1', madeAt: noon - 90 * day, ours: true, fingerprint: 'o'.repeat(32) },
    requestedAt: noon - hour,
    reached: { due: noon - hour },
    ...over,
  });
}

/** One whose every sink was delivered to an hour ago, and verified. */
export function delivered(kind: 'transit-token' | 'entra-secret', over: Partial<Rotation> = {}): Rotation {
  const names = kind === 'transit-token' ? ['first', 'second', 'hook'] : ['first'];
  const at = noon - hour;
  const made = noon - 2 * hour;
  return anOpen(kind, {
    stage: 'verified',
    creating: { at: made },
    fresh: { ref: '2', madeAt: made, fingerprint: 'f'.repeat(32) },
    triedAt: made + minute,
    requestedAt: made,
    reached: { due: made, created: made, delivered: at, verified: at },
    sinks: Object.fromEntries(
      names.map((name) => [name, { firstAt: at - 1000, startedAt: at - 1000, deliveredAt: at }]),
    ),
    ...over,
  });
}

/** Version 2, made an hour ago, works. */
export function versioned(kind: 'transit-key' | 'keyvault-key', over: Partial<Rotation> = {}): Rotation {
  const at = noon - hour;
  return anOpen(kind, {
    stage: 'verified',
    creating: { at, before: '1' },
    fresh: { ref: '2', madeAt: at },
    triedAt: at,
    requestedAt: at,
    reached: { due: at, created: at, delivered: at, verified: at },
    ...over,
  });
}

export function inUse(rotation: Rotation, consumers: readonly ConsumerSight[], of: Fleet = fleet): InUse {
  return inUseIn(rotation, consumers, of);
}

/** How many people must approve, in any of them. */
export function approvedIn(name: string, approvals: 1 | 2, of: Fleet = fleet): Fleet {
  return changed(name, ({ recovery }) => ({ recovery: { ...recovery, approvals } }), of);
}

/** How many nodes it has in truth. */
export function voting(name: string, voters: number): Fleet {
  return changed(name, ({ expect }) => ({ expect: { ...expect, voters } }));
}

/** What each consumer's own reference leads to. */
export function reading(reads: Record<string, 'fresh' | 'old' | 'other' | 'nothing'>) {
  const read = Object.entries(reads).map(([name, value]) => [name, { ok: true, value }] as const);
  return { reads: Object.fromEntries(read) };
}

/** What stores hold live, as they answer. */
export function holding(
  held: Record<string, 'fresh' | 'old' | 'other' | 'nothing'>,
): Pick<RotationInput, 'held'> {
  return {
    held: Object.fromEntries(Object.entries(held).map(([name, value]) => [name, { ok: true, value }])),
  };
}

export const allFresh = holding({ first: 'fresh', second: 'fresh' });

export function planOf(kind: KindName, over: Partial<RotationInput> = {}): RotationPlan {
  return planRotation(anInput(kind, over));
}

export const seen = (look: Look) => ({ look: { ok: true, value: look } as const });
export const away = { ok: false, code: 'unreachable', detail: 'nobody answers' } as const;
export const asked = { asked: { by: 't/ada', byName: 'Ada', reason: 'a drill' } };
