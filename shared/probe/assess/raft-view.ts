/** What was read of raft, and why the rest was not. */

import type { Cluster, Node } from '../../fleet/fleet.ts';
import type { Answer } from '../../vault/answer.ts';
import type { AutopilotConfiguration, AutopilotState, RaftConfiguration } from '../../vault/answers.ts';
import type { ClusterObservation, NodeObservation } from '../observation.ts';
import { goDurationMs } from './durations.ts';
import type { NodeView, Storage } from './picture.ts';
import { whyUnread } from './words.ts';

export type AutopilotServer = NonNullable<AutopilotState['servers']>[string];

export interface Member {
  nodeId: string;
  address: string;
  voter: boolean;
}

/** A value, or the reason why there is none. */
export type Read<T> = { value: T; why?: undefined } | { value?: undefined; why: string };

export interface RaftView {
  /** Raft codes do not apply: the storage is another one. */
  applies: boolean;
  autopilot: Read<AutopilotState>;
  cleanup: Read<AutopilotConfiguration>;
  members: Read<Member[]>;
}

/** Storage: what the nodes say, else what fleet.yaml says. */
export function storageOf(cluster: Cluster, observation: ClusterObservation): Storage {
  const { raft } = observation;
  for (const observed of observation.nodes) {
    const type = observed.sealStatus?.ok ? observed.sealStatus.body.storage_type : undefined;
    if (type) return type === 'raft' || type === 'etcd' || type === 'consul' ? type : 'other';
  }
  if (cluster.expect.storage && !(cluster.expect.storage === 'raft' && isNotRaft(observation))) {
    return cluster.expect.storage;
  }
  if (isNotRaft(observation)) return 'other';
  return raft.read && raft.configuration.ok ? 'raft' : 'unknown';
}

/** Every raft path is unknown (404), or says that raft is not in use: a Vault on another storage. */
function isNotRaft({ raft }: ClusterObservation): boolean {
  if (!raft.read) return raft.why === 'not-raft';
  const paths = [raft.autopilot, raft.autopilotConfiguration, raft.configuration];
  return paths.every((answer) => {
    if (answer.ok) return false;
    return (
      answer.error.status === 404 ||
      answer.error.reasons?.some((said) => said.includes('raft storage is not in use'))
    );
  });
}

export function raftView(observation: ClusterObservation, storage: Storage): RaftView {
  const { raft } = observation;
  const applies = storage === 'raft' || storage === 'unknown';
  if (!raft.read) {
    const why = whyNotRead(raft, observation.nodes);
    return { applies, autopilot: { why }, cleanup: { why }, members: { why } };
  }
  const configuration = read(raft.configuration, 'raft configuration');
  return {
    applies,
    autopilot: read(raft.autopilot, 'autopilot state'),
    cleanup: read(raft.autopilotConfiguration, 'autopilot configuration'),
    members: configuration.value ? { value: membersOf(configuration.value) } : { why: configuration.why },
  };
}

/** Each node id once, whatever a server lists. */
function membersOf({ config }: RaftConfiguration): Member[] {
  const byId = new Map<string, Member>();
  for (const { node_id, address, voter } of config.servers) {
    if (!byId.has(node_id)) byId.set(node_id, { nodeId: node_id, address, voter });
  }
  return [...byId.values()];
}

function read<T>(answer: Answer<T>, what: string): Read<T> {
  return answer.ok ? { value: answer.body } : { why: whyUnread(answer, what) };
}

function whyNotRead(raft: ClusterObservation['raft'] & { read: false }, nodes: NodeObservation[]): string {
  switch (raft.why) {
    case 'no-login':
      return 'no login in fleet.yaml';
    case 'no-active-node':
      return nodes.some((one) => one.health.ok && one.health.status === 472)
        ? 'a DR secondary shows its raft state only to a DR operation token'
        : 'no node answers as active';
    case 'not-raft':
      return 'the storage is not raft';
    case 'login-failed':
      return `the probe's login failed (${raft.error.status ?? raft.error.code})`;
  }
}

/** Autopilot's servers by their own id; empty when it lists none. */
export function serversOf(autopilot: AutopilotState | undefined): Map<string, AutopilotServer> {
  return new Map(Object.values(autopilot?.servers ?? {}).map((server) => [server.id, server]));
}

/**
 * A new leader begins with index and term 0 for every peer, calls them unhealthy, and counts contact from its own
 * start, until each has echoed (Vault, raftTLSRotatePhased): till then it says nothing of them.
 */
export function isUnheard(server: AutopilotServer): boolean {
  return server.last_index === 0 && !server.last_term;
}

/** The leader hears from a standby every 5 s and autopilot looks every 2 s or, in Vault's defaults, up to 10 s, ms. */
const returnMs = 15_000;

/**
 * A node that serves again since a moment ago, of which autopilot still tells the time when it was gone: old news,
 * until the leader has had time to hear from it. Not at first sight: then whether it was gone is not known.
 */
export function isJustBack(server: AutopilotServer, view: NodeView | undefined, now: number): boolean {
  if (!view?.before || !view.facts || server.healthy || isUnheard(server)) return false;
  const { name } = view.state;
  if (name !== 'standby' && name !== 'performance-standby') return false;
  const age = now - view.facts.since;
  const contact = goDurationMs(server.last_contact);
  return age < returnMs && contact !== undefined && contact > age;
}

/** The node of fleet.yaml with this raft node id. */
export function nodeOf<View extends { node: Node }>(
  nodes: readonly View[],
  nodeId: string,
): View | undefined {
  return nodes.find((view) => view.node.nodeId === nodeId);
}
