/** Counts the voters of a raft cluster: how many there are, and how many of them are there for a quorum. */
import { goDurationMs } from './durations.ts';
import { isUnsealed } from './node-state.ts';
import type { NodeView, Picture } from './picture.ts';
import { type AutopilotServer, isJustBack, isUnheard, nodeOf, serversOf } from './raft-view.ts';
import { isJoining } from './uninitialised.ts';
import { nodeLine } from './words.ts';

export interface VoterCount {
  /** Voters that should be there. */
  expected: number;
  /** Voters that count in the quorum. */
  voters: number;
  up: number;
  /** May be up or not. */
  unknown: number;
  /** New members that become voters by themselves in a moment. */
  arriving: number;
  /** Names of those that are down: nodes where known, raft ids else. */
  down: string[];
  /** Raft ids of voters that are down. */
  downIds: string[];
  /** Evidence, a line a voter. A function: of a healthy cluster nobody reads it. */
  lines: () => string[];
}

export const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1;

/** Autopilot promotes after its stabilisation time, 10 s by default; a non-voter younger than this is on its way, ms. */
const promotionMs = 60_000;
/** Clock and rounding between our probe and autopilot's "last contact", ms. */
const contactMarginMs = 5_000;

/** Undefined when neither the raft configuration nor autopilot tells who votes. */
export function votersFromRaft(picture: Picture): VoterCount | undefined {
  const { cluster, nodes, raft } = picture;
  const autopilot = raft.autopilot.value;
  const servers = serversOf(autopilot);
  const ids = voterIds(picture);
  if (!ids || ids.length === 0) return undefined;
  const designed = [...servers.values()].filter(isNonVoterByDesign).length;
  const expected = cluster.expect.voters ?? Math.max(ids.length, nodes.length - designed);
  const lines: string[] = [];
  const count: VoterCount = {
    expected,
    voters: ids.length,
    up: 0,
    unknown: 0,
    arriving: arrivingOf(picture, ids),
    down: [],
    downIds: [],
    lines: () => lines,
  };
  for (const id of ids) {
    const view = nodeOf(nodes, id);
    const server = servers.get(id);
    const state = voterState(picture, view, server);
    if (state === 'up') count.up += 1;
    else if (state === 'unknown') count.unknown += 1;
    else {
      count.down.push(view?.node.name ?? id);
      count.downIds.push(id);
    }
    const said = server
      ? `, autopilot: healthy: ${server.healthy}, last contact ${server.last_contact} ago`
      : '';
    lines.push(`Voter ${id}: ${view ? nodeLine(view) : 'no nodeId in fleet.yaml'}${said}.`);
  }
  limitByProbes(picture, count, lines);
  return count;
}

function voterIds({ raft }: Picture): string[] | undefined {
  const members = raft.members.value;
  if (members) return members.filter((member) => member.voter).map((member) => member.nodeId);
  const autopilot = raft.autopilot.value;
  if (autopilot?.voters) return [...new Set(autopilot.voters)];
  return autopilot && [...serversOf(autopilot).values()].filter(isVoterNow).map((server) => server.id);
}

const isVoterNow = (server: AutopilotServer): boolean =>
  server.status === 'voter' || server.status === 'leader';

/** Read replicas and standbys of redundancy zones never vote. */
function isNonVoterByDesign(server: AutopilotServer): boolean {
  // Empty while Vault does not know yet.
  return Boolean(server.node_type) && server.node_type !== 'voter' && server.node_type !== 'zone-voter';
}

function voterState(picture: Picture, view: NodeView | undefined, server: AutopilotServer | undefined) {
  const probed = view ? inRaft(picture, view, server ? [server] : []) : 'unknown';
  if (probed === 'down') return 'down';
  if (server && isJustBack(server, view, picture.now)) return 'unknown';
  if (server && !isUnheard(server)) return server.healthy ? 'up' : 'down';
  return probed;
}

/**
 * Whether Vault on this node can take part in raft. A node that we cannot reach is down, unless the leader has
 * heard from it since we first could not (our way to it may be cut, not the leader's).
 */
function inRaft(picture: Picture, view: NodeView, servers: AutopilotServer[]): 'up' | 'down' | 'unknown' {
  const { state } = view;
  if (isUnsealed(state)) return 'up';
  if (isJoining(view, picture.now)) return 'unknown';
  switch (state.name) {
    case 'unreachable': {
      const ageOf = (one: NodeView | undefined) => picture.now - (one?.facts?.since ?? picture.now);
      // A new leader starts counting anew, so what it says of contact before its own time proves nothing.
      const leader = picture.nodes.find((one) => one.state.name === 'active');
      const window = Math.min(ageOf(view), ageOf(leader)) - contactMarginMs;
      const heard = (server: AutopilotServer) =>
        server.healthy &&
        !isUnheard(server) &&
        (goDurationMs(server.last_contact) ?? Number.POSITIVE_INFINITY) < window;
      return servers.length > 0 && servers.every(heard) ? 'unknown' : 'down';
    }
    case 'tls':
    case 'odd':
    case 'storage-unavailable':
    case 'unanswered':
      return 'unknown';
    default:
      return 'down';
  }
}

/** Without nodeIds, no voter can be matched with a node; but all voters are among the nodes, so that bounds them. */
function limitByProbes(picture: Picture, count: VoterCount, lines: string[]): void {
  const { nodes } = picture;
  if (nodes.every((view) => view.node.nodeId !== undefined) || nodes.length < count.voters) return;
  const servers = [...serversOf(picture.raft.autopilot.value).values()];
  const down = nodes.filter((view) => inRaft(picture, view, servers) === 'down');
  const possible = nodes.length - down.length;
  const over = count.up + count.unknown - possible;
  if (over <= 0) return;
  const unsure = Math.min(over, count.unknown);
  count.unknown -= unsure;
  count.up -= Math.min(over - unsure, count.up);
  for (const view of down) {
    count.down.push(view.node.name);
    lines.push(`${nodeLine(view)}.`);
  }
}

/** Non-voters in their stabilisation time, and nodes that are about to join. */
function arrivingOf({ nodes, raft, now }: Picture, voters: readonly string[]): number {
  const active = nodes.find((view) => view.state.name === 'active');
  const health = active?.observed?.health;
  // Vault's clock, where it shows one: stable_since is told by it.
  const clock = health?.ok && health.body.server_time_utc ? health.body.server_time_utc * 1000 : now;
  const young = [...serversOf(raft.autopilot.value).values()].filter((server) => {
    if (voters.includes(server.id) || isNonVoterByDesign(server)) return false;
    return server.stable_since !== undefined && clock - Date.parse(server.stable_since) < promotionMs;
  });
  return young.length + nodes.filter((view) => isJoining(view, now)).length;
}

/** From the nodes' own answers alone: certain only when too few of them can be up. */
export function votersFromProbes(picture: Picture): VoterCount {
  const { cluster, nodes, before } = picture;
  // Without a login nobody would ever see that the cluster shrank since.
  const remembered = cluster.login && before?.raft?.servers.filter((server) => server.voter).length;
  const expected = cluster.expect.voters ?? remembered ?? nodes.length;
  const states = nodes.map((view) => inRaft(picture, view, []));
  const up = states.filter((state) => state === 'up').length;
  const maybe = states.filter((state) => state === 'unknown').length;
  const down = nodes.filter((_, index) => states[index] === 'down');
  const elsewhere = Math.max(0, expected - nodes.length);
  return {
    expected,
    voters: expected,
    up: Math.min(up, expected),
    unknown: Math.min(maybe + elsewhere, expected - Math.min(up, expected)),
    arriving: 0,
    down: down.map((view) => view.node.name),
    downIds: [],
    lines: () => nodes.map((view) => `${nodeLine(view)}.`),
  };
}
