/** Any well-typed observation, memory and cluster: what servers, networks and storage could ever say. */
import * as fc from 'fast-check';
import type { ClusterFacts, NodeFacts } from '../../shared/probe/head-facts.ts';
import type { ClusterObservation, NodeObservation, RaftObservation } from '../../shared/probe/observation.ts';
import type { Answer, VaultError } from '../../shared/vault/answer.ts';
import { cluster, epoch } from './build.ts';

const names = ['vault-0', 'vault-1', 'vault-2'];
const text = fc.oneof(fc.constantFrom('', 'shamir', 'raft', 'etcd', 'a0', '1.21.0'), fc.string());
const time = fc.integer({ min: epoch - 1e9, max: epoch + 1e9 });
const duration = fc.oneof(fc.constantFrom('0s', '1.5s', '26h0m3s', '12.5ms', 'never'), fc.string());

const error: fc.Arbitrary<VaultError> = fc.record(
  {
    code: fc.constantFrom(
      'dns',
      'refused',
      'connect-timeout',
      'tls-untrusted',
      'tls-expired',
      'tls-name',
      'reset',
      'timeout',
      'too-large',
      'not-json',
      'not-vault',
      'http',
      'aborted',
    ),
    message: text,
    recoverable: fc.boolean(),
    status: fc.constantFrom(307, 400, 403, 404, 429, 500, 503),
    location: text,
    field: text,
    reasons: fc.array(text, { maxLength: 2 }),
  },
  { requiredKeys: ['code', 'message', 'recoverable'] },
);
const connection = fc.record({ id: fc.nat(3), openedAt: fc.nat(3), resumed: fc.boolean() });

function answer<T>(
  body: fc.Arbitrary<T>,
  status: fc.Arbitrary<number> = fc.constant(200),
): fc.Arbitrary<Answer<T>> {
  const good = fc.record(
    { ok: fc.constant(true as const), status, body, ms: fc.nat(9_000), connection },
    { requiredKeys: ['ok', 'status', 'body', 'ms'] },
  );
  return fc.oneof(
    { weight: 3, arbitrary: good },
    fc.record({ ok: fc.constant(false as const), error, ms: fc.nat(9_000) }),
  );
}

const health = fc.record(
  {
    initialized: fc.boolean(),
    sealed: fc.boolean(),
    standby: fc.boolean(),
    performance_standby: fc.boolean(),
    version: text,
    cluster_id: text,
    removed_from_cluster: fc.boolean(),
    ha_connection_healthy: fc.boolean(),
    last_request_forwarding_heartbeat_ms: fc.nat(),
    server_time_utc: fc.integer(),
  },
  { requiredKeys: ['initialized', 'sealed', 'standby'] },
);
const sealStatus = fc.record(
  {
    type: text,
    initialized: fc.boolean(),
    sealed: fc.boolean(),
    t: fc.nat(5),
    n: fc.nat(9),
    progress: fc.nat(4),
    nonce: text,
    migration: fc.boolean(),
    recovery_seal: fc.boolean(),
    storage_type: text,
    removed_from_cluster: fc.boolean(),
    version: text,
  },
  { requiredKeys: ['type', 'initialized', 'sealed', 't', 'n', 'progress'] },
);
const status = fc.constantFrom(200, 429, 472, 473, 474, 501, 503, 530, 599);

const node = (name: string): fc.Arbitrary<NodeObservation> =>
  fc.record(
    {
      node: fc.constant(name),
      at: time,
      health: answer(health, status),
      earlier: fc.array(fc.oneof(error, fc.record({ status })), { maxLength: 2 }),
      sealStatus: answer(sealStatus),
      leader: answer(
        fc.record({ ha_enabled: fc.boolean(), leader_address: text }, { requiredKeys: ['ha_enabled'] }),
      ),
      sealBackend: answer(fc.record({ healthy: fc.boolean() })),
      processStart: answer(time),
      certificate: fc.record({
        notAfter: fc.integer(),
        notBefore: fc.integer(),
        subject: text,
        issuer: text,
        spki: text,
        seenAt: time,
      }),
    },
    { requiredKeys: ['node', 'at', 'health', 'earlier'] },
  );

const id = fc.constantFrom('a0', 'a1', 'a2', 'other', '');
const server = fc.record(
  {
    id,
    last_contact: duration,
    last_index: fc.integer(),
    healthy: fc.boolean(),
    status: text,
    node_type: text,
    stable_since: text,
  },
  { requiredKeys: ['id', 'last_contact', 'last_index', 'healthy'] },
);
const raft: fc.Arbitrary<RaftObservation> = fc.oneof(
  fc.record({
    read: fc.constant(false as const),
    why: fc.constantFrom('no-login', 'no-active-node', 'not-raft'),
  }),
  fc.record({ read: fc.constant(false as const), why: fc.constant('login-failed' as const), error }),
  fc.record({
    read: fc.constant(true as const),
    node: fc.constantFrom(...names),
    autopilot: answer(
      fc.record(
        {
          healthy: fc.boolean(),
          failure_tolerance: fc.integer(),
          leader: id,
          voters: fc.option(fc.array(id, { maxLength: 5 })),
          servers: fc.option(fc.dictionary(id, server, { noNullPrototype: true })),
        },
        { requiredKeys: ['healthy', 'failure_tolerance'] },
      ),
    ),
    autopilotConfiguration: answer(
      fc.record({
        cleanup_dead_servers: fc.boolean(),
        dead_server_last_contact_threshold: duration,
        last_contact_threshold: duration,
        max_trailing_logs: fc.integer(),
        min_quorum: fc.integer(),
        server_stabilization_time: duration,
      }),
    ),
    configuration: answer(
      fc.record({
        config: fc.record({
          servers: fc.array(
            fc.record({ node_id: id, address: text, leader: fc.boolean(), voter: fc.boolean() }),
            { maxLength: 5 },
          ),
        }),
      }),
    ),
  }),
);

export const observation: fc.Arbitrary<ClusterObservation> = fc.record({
  cluster: fc.constant('payments'),
  startedAt: fc.constant(epoch),
  finishedAt: fc.constant(epoch),
  nodes: fc.tuple(node('vault-0'), node('vault-1'), node('vault-2')),
  raft,
});

const nodeFacts: fc.Arbitrary<NodeFacts> = fc.record(
  {
    state: fc.constantFrom(
      'active',
      'standby',
      'sealed',
      'uninitialised',
      'joiner',
      'removed',
      'unreachable',
      'odd',
    ),
    since: time,
    unsealedStart: time,
    unsealedConnection: fc.record({ id: fc.nat(3), openedAt: fc.nat(3) }),
    start: time,
    restarts: fc
      .uniqueArray(time, { minLength: 1, maxLength: 10 })
      .map((times) => times.sort((a, b) => a - b)),
    progress: fc.record({ count: fc.nat(3), nonce: text, since: time }),
  },
  { requiredKeys: ['state', 'since'] },
);
export const before: fc.Arbitrary<ClusterFacts | undefined> = fc.option(
  fc.record(
    {
      nodes: fc.record(
        { 'vault-0': nodeFacts, 'vault-1': nodeFacts, 'vault-2': nodeFacts },
        { requiredKeys: [] },
      ),
      raft: fc.record({
        at: time,
        servers: fc.array(fc.record({ nodeId: id, address: text, voter: fc.boolean() }), { maxLength: 5 }),
      }),
    },
    { requiredKeys: ['nodes'] },
  ),
  { nil: undefined },
);

export const fleets = fc.constantFrom(
  cluster(),
  cluster({ nodeIds: 0, login: 'none' }),
  cluster({ nodeIds: 1, http: true, expect: { voters: 5, version: '1.21' } }),
  cluster({
    expect: { storage: 'etcd' },
    seal: { type: 'transit', provider: 'root', mount: 'transit', key: 'k' },
  }),
  cluster({
    expect: { storage: 'raft', voters: 2 },
    seal: { type: 'azurekeyvault' },
    unknownSealCause: 'automatic',
  }),
);
