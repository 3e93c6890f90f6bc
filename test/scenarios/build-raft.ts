/** Raft state as autopilot and the raft configuration show it, from a few words. */
import type { Cluster } from '../../shared/fleet/fleet.ts';
import type { NodeObservation, RaftObservation } from '../../shared/probe/observation.ts';
import type { Answer } from '../../shared/vault/answer.ts';
import type { AutopilotState } from '../../shared/vault/answers.ts';
import { error } from './build-error.ts';

export interface RaftWords {
  /** Status of a failed login, or why raft was not read. */
  login?: number;
  why?: 'no-login' | 'no-active-node' | 'not-raft';
  healthy?: boolean;
  tolerance?: number;
  /** By raft id: what differs from a healthy voter. `null`: not a member. */
  servers?: Record<string, ServerWords | null>;
  /** What fails, and how: {autopilot: http-403}. */
  fails?: Partial<Record<'autopilot' | 'autopilotConfiguration' | 'configuration', string>>;
  cleanup?: boolean;
  cleanupAfter?: string;
}

interface ServerWords {
  contact?: string;
  healthy?: boolean;
  voter?: boolean;
  index?: number;
  /** Seconds for which it has been stable. */
  stable?: number;
  nodeType?: string;
  /** Only in the raft configuration, not in autopilot's list. */
  unlisted?: boolean;
}

export function raft(of: Cluster, nodes: NodeObservation[], said: RaftWords, at: number): RaftObservation {
  if (said.login !== undefined) {
    return { read: false, why: 'login-failed', error: error(`http-${said.login}`, 'login') };
  }
  const active = nodes.find(({ health }) => health.ok && health.status === 200);
  if (said.why) return { read: false, why: said.why };
  if (!of.login) return { read: false, why: 'no-login' };
  if (!active) return { read: false, why: 'no-active-node' };

  const leader =
    of.nodes.find(({ name }) => name === active.node)?.nodeId ??
    `a${of.nodes.findIndex(({ name }) => name === active.node)}`;
  const ids = new Set([...of.nodes.map((_, index) => `a${index}`), ...Object.keys(said.servers ?? {})]);
  const members = [...ids]
    .filter((id) => said.servers?.[id] !== null)
    .map((id) => ({ id, ...said.servers?.[id] }));
  const fail = <T>(what: keyof NonNullable<RaftWords['fails']>, body: T): Answer<T> => {
    const how = said.fails?.[what];
    return how
      ? { ok: false, error: error(how, active.node), ms: 3 }
      : { ok: true, status: 200, body, ms: 3 };
  };
  const voters = members.filter((one) => one.voter !== false).map((one) => one.id);
  const state: AutopilotState = {
    healthy: said.healthy ?? members.every((one) => one.healthy !== false),
    failure_tolerance: said.tolerance ?? Math.max(0, Math.ceil(voters.length / 2) - 1),
    leader,
    voters,
    servers: Object.fromEntries(
      members
        .filter((one) => !one.unlisted)
        .map((one) => [
          one.id,
          {
            id: one.id,
            address: `${one.id}.payments.test:8201`,
            node_status: 'alive',
            last_contact: one.contact ?? (one.id === leader ? '0s' : '1.5s'),
            last_index: one.index ?? 5_000,
            healthy: one.healthy ?? true,
            stable_since: new Date(at - (one.stable ?? 3_600) * 1000).toISOString(),
            status: one.id === leader ? 'leader' : one.voter === false ? 'non-voter' : 'voter',
            node_type: one.nodeType ?? 'voter',
          },
        ]),
    ),
  };
  return {
    read: true,
    node: active.node,
    autopilot: fail('autopilot', state),
    autopilotConfiguration: fail('autopilotConfiguration', {
      cleanup_dead_servers: said.cleanup ?? true,
      dead_server_last_contact_threshold: said.cleanupAfter ?? '24h0m0s',
      last_contact_threshold: '10s',
      max_trailing_logs: 1000,
      min_quorum: 3,
      server_stabilization_time: '10s',
    }),
    configuration: fail('configuration', {
      config: {
        servers: members.map((one) => ({
          node_id: one.id,
          address: `${one.id}.payments.test:8201`,
          leader: one.id === leader,
          voter: one.voter !== false,
        })),
      },
    }),
  };
}
