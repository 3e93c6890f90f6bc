/**
 * A quorum that is lost for good, by a person's word (`--lost NODE`): no share brings it back. What does is the same
 * raft/peers.json on each survivor, placed by a person while all are stopped (VAULT-FACTS; never automated).
 */
import type { Plan, PlanInput } from '../recovery.ts';
import type { Picture } from './picture.ts';

type Server = NonNullable<PlanInput['raft']>['servers'][number];
type Refuse = Extract<Plan, { kind: 'refuse' }>;

export function quorumLost(input: PlanInput, picture: Picture): Refuse | undefined {
  const { recovery, cluster, nodes, raft } = input;
  if (recovery.lost.length === 0 || picture.active) return undefined;
  const answering = nodes.filter(
    ({ node, state }) => recovery.lost.includes(node) && state.kind !== 'unreachable',
  );
  if (answering.length > 0) {
    const [first] = answering.map(({ node }) => node);
    return refuse(
      `${first} was called lost, and it answers`,
      `Request the recovery again without --lost ${first}: a peers.json without a node that lives splits the cluster in two.`,
    );
  }
  if (!raft) {
    const left = cluster.nodes.filter(({ name }) => !recovery.lost.includes(name)).length;
    if (left >= picture.quorum) return undefined;
    return refuse(
      `${left} of ${cluster.nodes.length} nodes are left, an election takes ${picture.quorum}, and the raft configuration was never seen`,
      'Write raft/peers.json for the survivors by hand: id and cluster address of each, as in their configuration files. ' +
        "Stop all survivors, put the same file into each one's raft folder, start them, then request a recovery.",
    );
  }
  const unknown = recovery.lost.filter((name) => serversOf(name, input).length !== 1);
  if (unknown.length > 0) {
    return refuse(
      `which raft peer ${unknown.join(', ')} is cannot be told`,
      `Set nodeId of ${unknown.join(', ')} in fleet.yaml: the peers are ${raft.servers.map(({ nodeId }) => nodeId).join(', ')}.`,
    );
  }
  const lost = new Set(recovery.lost.flatMap((name) => serversOf(name, input)));
  const survivors = raft.servers.filter((server) => !lost.has(server));
  const voters = raft.servers.filter(({ voter }) => voter).length;
  const left = survivors.filter(({ voter }) => voter).length;
  if (left > voters / 2) return undefined;
  return refuse(
    `${left} of ${voters} voters are left, and an election takes ${Math.floor(voters / 2) + 1}: the quorum is lost for good`,
    survivors.length === 0
      ? 'No peer is left: restore a snapshot into a new cluster.'
      : [
          `Stop every survivor. Put this file as raft/peers.json into each one's raft folder, start them, then request a recovery. It is the raft configuration as of ${new Date(raft.at).toISOString()} without the lost nodes:`,
          peersJson(survivors),
        ].join('\n'),
  );
}

/** developer.hashicorp.com/vault/docs/concepts/integrated-storage: manual recovery using peers.json. */
export function peersJson(servers: readonly Server[]): string {
  return JSON.stringify(
    servers.map(({ nodeId, address, voter }) => ({ id: nodeId, address, non_voter: !voter })),
    undefined,
    2,
  );
}

/** By raft node id; else by host, where no other peer has it: fleet.yaml knows API addresses, raft cluster addresses. */
function serversOf(name: string, { cluster, raft }: PlanInput): Server[] {
  const servers = raft?.servers ?? [];
  const node = cluster.nodes.find((other) => other.name === name);
  const id = node?.nodeId ?? name;
  const byId = servers.filter(({ nodeId }) => nodeId === id);
  if (byId.length > 0 || !node || node.nodeId !== undefined) return byId;
  const { hostname } = new URL(node.address);
  return servers.filter(({ address }) => address.replace(/:\d+$/, '') === hostname);
}

function refuse(why: string, remedy: string): Refuse {
  return { kind: 'refuse', code: 'quorum-lost', why, remedy };
}
