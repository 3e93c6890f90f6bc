/** What is well-formed of a file that is not: enough to judge what needs more than one field. */
import { z } from 'zod';
import { valueAt } from './issues.ts';
import { isReference } from './reference.ts';
import { channel, heartbeat, webhook } from './schema/channel.ts';
import { cluster, nodeEntry } from './schema/cluster.ts';
import { custodian } from './schema/escrow.ts';
import { probe } from './schema/fleet-wide.ts';
import { recovery } from './schema/recovery.ts';
import type { RotationEntry } from './schema/rotation.ts';
import { rotation, sink } from './schema/rotation.ts';
import { transitSeal } from './schema/seal.ts';
import { ownThresholds, thresholds } from './schema/thresholds.ts';
import { tls } from './schema/tls.ts';
import type { ChannelEntry, ClusterEntry, FleetFile } from './schema.ts';
import { isMap } from './shape.ts';

type TransitSeal = Extract<ClusterEntry['seal'], { type: 'transit' }>;

type WellFormed<T> = { [Key in keyof T]?: T[Key] };

export interface DraftCluster
  extends WellFormed<
    Omit<ClusterEntry, 'nodes' | 'tls' | 'seal' | 'rotation' | 'thresholds' | 'recovery' | 'escrow'>
  > {
  seal?: ClusterEntry['seal'] | ({ type: 'transit' } & WellFormed<TransitSeal>);
  /** In the file's order; undefined where an entry is not well-formed. */
  nodes?: (ClusterEntry['nodes'][number] | undefined)[];
  tls?: WellFormed<ClusterEntry['tls']>;
  thresholds?: WellFormed<ClusterEntry['thresholds']>;
  recovery?: WellFormed<ClusterEntry['recovery']>;
  escrow?: { custodians?: Record<string, WellFormed<ClusterEntry['escrow']['custodians'][string]>> };
  rotation?: DraftRotation;
}

/** A sink that is not well-formed is undefined: nobody knows where it writes. */
export interface DraftRotation extends WellFormed<Omit<RotationEntry, 'sinks'>> {
  sinks?: Record<string, RotationEntry['sinks'][string] | undefined>;
}

export interface DraftChannel {
  kind?: ChannelEntry['kind'];
  url?: ChannelEntry['url'];
  signingKeys?: Extract<ChannelEntry, { kind: 'webhook' }>['signingKeys'];
  fallback?: string;
}

/** A fleet file is one; so is any part of it. */
export interface Draft {
  probe?: WellFormed<FleetFile['probe']>;
  thresholds?: WellFormed<FleetFile['thresholds']>;
  heartbeat?: FleetFile['heartbeat'];
  channels?: Record<string, DraftChannel>;
  clusters?: Record<string, DraftCluster>;
}

/** The well-formed parts of any value. */
export function draftOf(value: unknown): Draft {
  const file = isMap(value) ? value : {};
  const own = heartbeat.safeParse(file['heartbeat']);
  return {
    probe: fields(probe, file['probe']),
    thresholds: fields(thresholds, file['thresholds']),
    ...(own.success ? { heartbeat: own.data } : {}),
    channels: mapValues(file['channels'], draftChannel),
    ...(isMap(file['clusters']) ? { clusters: mapValues(file['clusters'], draftCluster) } : {}),
  };
}

function draftCluster(value: unknown): DraftCluster {
  const entry = isMap(value) ? value : {};
  const nodes = Array.isArray(entry['nodes']) ? { nodes: entry['nodes'].map(draftNode) } : {};
  const {
    nodes: _all,
    tls: _tls,
    thresholds: _own,
    recovery: _recovery,
    escrow: _escrow,
    rotation: _rotation,
    ...rest
  } = fields(cluster, entry);
  return {
    ...rest,
    ...draftSeal(rest.seal, entry['seal']),
    ...draftRotation(entry['rotation']),
    ...nodes,
    tls: fields(tls, entry['tls']),
    thresholds: fields(ownThresholds, entry['thresholds']),
    recovery: fields(recovery, entry['recovery']),
    escrow: {
      custodians: mapValues(valueAt(entry, ['escrow', 'custodians']), (own) => fields(custodian, own)),
    },
  };
}

/** A provider that is no cluster is told beside a token that is none. */
function draftSeal(whole: ClusterEntry['seal'] | undefined, value: unknown): Pick<DraftCluster, 'seal'> {
  if (whole || !isMap(value) || value['type'] !== 'transit') return {};
  return { seal: { ...fields(transitSeal, value), type: 'transit' } };
}

function draftRotation(value: unknown): Pick<DraftCluster, 'rotation'> {
  if (!isMap(value)) return {};
  const { sinks: _sinks, ...rest } = fields(rotation, value);
  return { rotation: { ...rest, sinks: mapValues(value['sinks'], (own) => sink.safeParse(own).data) } };
}

function draftNode(value: unknown): ClusterEntry['nodes'][number] | undefined {
  const node = nodeEntry.safeParse(value);
  return node.success ? node.data : undefined;
}

const anyKind = z.enum(channel.options.map((option) => option.shape.kind.value));

function draftChannel(value: unknown): DraftChannel {
  const entry = channel.safeParse(value);
  if (entry.success) return entry.data;
  const { url, ...rest } = fields(webhook.omit({ kind: true }), value);
  const kind = anyKind.safeParse(isMap(value) ? value['kind'] : undefined);
  // Elsewhere a literal URL is reported already, and is a secret.
  const usable = url !== undefined && (isReference(url) || kind.data === 'webhook');
  return { ...rest, ...(usable ? { url } : {}), ...(kind.success ? { kind: kind.data } : {}) };
}

/** The well-formed fields of a map, with defaults for those that are not there. */
function fields<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  value: unknown,
): WellFormed<z.output<z.ZodObject<Shape>>> {
  const map = isMap(value) ? value : {};
  const good: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema.shape)) {
    const parsed = z.safeParse(field, map[key]);
    if (parsed.success && (parsed.data !== undefined || Object.hasOwn(map, key))) good[key] = parsed.data;
  }
  return good as WellFormed<z.output<z.ZodObject<Shape>>>;
}

function mapValues<T>(value: unknown, each: (item: unknown) => T): Record<string, T> {
  return isMap(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, each(item)]))
    : {};
}
