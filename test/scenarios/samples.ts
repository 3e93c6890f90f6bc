/** Recorded responses of real servers (./samples) as observations, asked for what gather would ask. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import type { ClusterObservation, NodeObservation, RaftObservation } from '../../shared/probe/observation.ts';
import type { Answer } from '../../shared/vault/answer.ts';
import {
  AutopilotConfiguration,
  AutopilotState,
  Health,
  LeaderStatus,
  RaftConfiguration,
  SealStatus,
} from '../../shared/vault/answers.ts';
import { cluster } from './build.ts';

type Recorded = { status: number; body: unknown; location?: string } | { failed: string };
interface Schema<T> {
  parse(value: unknown): T;
}

/** The cluster that was recorded: three nodes, Shamir 5/3, no TLS. */
export const recorded: Cluster = {
  ...cluster({ http: true }),
  name: 'recorded',
  nodes: [0, 1, 2].map((index) => ({
    name: `node${index}`,
    address: `http://127.0.0.1:186${index}0`,
    nodeId: `a${index}`,
  })),
};

/**
 * One sample. `with`: entries of other samples ("12-wrong-share/share1") in place of its own, for the answers of
 * sys/unseal, which are seal-status, and of requests without a token. 16-remove-peer is missing: it answers a request
 * that the probe never makes.
 */
export interface SampleWords {
  sample: string;
  with?: Record<string, string>;
}

/** Times are the servers' own. */
export function sample({ sample: name, with: others = {} }: SampleWords): ClusterObservation {
  const record = read(name);
  for (const [entry, source] of Object.entries(others)) {
    const [from = '', other = ''] = source.split('/');
    record[entry] = entryOf(from, other);
  }
  const at = clockOf(record);
  const nodes = recorded.nodes.map((node) => observation(record, node.name, at));
  return { cluster: 'recorded', startedAt: at, finishedAt: at, nodes, raft: raftOf(record, nodes) };
}

function entryOf(name: string, entry: string): Recorded {
  const found = read(name)[entry];
  if (!found) throw new Error(`sample ${name} has no ${entry}`);
  return found;
}

function read(name: string): Record<string, Recorded> {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'samples', `${name}.json`), 'utf8'));
}

function clockOf(record: Record<string, Recorded>): number {
  for (const [key, value] of Object.entries(record)) {
    if (key.endsWith('_health') && 'body' in value)
      return (Health.parse(value.body).server_time_utc ?? 0) * 1000;
  }
  return 0;
}

function observation(record: Record<string, Recorded>, node: string, at: number): NodeObservation {
  const health = answer(record[`${node}_health`], Health, node);
  const observed: NodeObservation = { node, at, health, earlier: [] };
  if (!health.ok) return observed;
  if (health.status > 473) observed.sealStatus = answer(record[`${node}_seal_status`], SealStatus, node);
  if (health.status === 474 || health.status === 429) {
    observed.leader = answer(record[`${node}_leader`], LeaderStatus, node);
  }
  return observed;
}

function answer<T>(recorded: Recorded | undefined, schema: Schema<T>, node: string): Answer<T> {
  const message = `[GET] ${node}: `;
  if (!recorded || 'failed' in recorded) {
    const error = { code: 'refused' as const, message: `${message}connection refused`, recoverable: true };
    return { ok: false, error, ms: 1 };
  }
  const { status, body, location } = recorded;
  if (status === 307 || status === 403) {
    const error = { code: 'http' as const, status, message: `${message}${status}`, recoverable: true };
    return { ok: false, error: location ? { ...error, location: new URL(location).host } : error, ms: 1 };
  }
  return { ok: true, status, body: schema.parse(body), ms: 1 };
}

/** Raft state was not recorded in every state; without it the cluster counts as one without a login. */
function raftOf(record: Record<string, Recorded>, nodes: NodeObservation[]): RaftObservation {
  const active = nodes.find(({ health }) => health.ok && health.status === 200)?.node;
  if (!active) return { read: false, why: 'no-active-node' };
  if (!record[`${active}_autopilot_state`]) return { read: false, why: 'no-login' };
  const data = <T>(key: string, schema: Schema<T>): Answer<T> =>
    answer(
      record[`${active}_${key}`],
      { parse: (body) => schema.parse((body as { data: unknown }).data) },
      active,
    );
  return {
    read: true,
    node: active,
    autopilot: data('autopilot_state', AutopilotState),
    autopilotConfiguration: data('autopilot_configuration', AutopilotConfiguration),
    configuration: data('raft_configuration', RaftConfiguration),
  };
}
