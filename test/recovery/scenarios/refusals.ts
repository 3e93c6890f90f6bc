/** What shares do not help with, and shares that cannot be had. */
import * as b from '../build.ts';
import type { Scenario } from './scenario.ts';

const { input, sights, restarted, sight, minute, now, waited } = b;

export const refusals: Scenario[] = [
  {
    title: 'sealed by transit',
    input: input({
      nodes: [1, 2, 3].map((n) => restarted(n, { type: 'transit', recovery_seal: true })),
      cluster: b.cluster({ seal: { type: 'transit', provider: 'root', mount: 'transit', key: 'k' } }),
    }),
    plan: 'auto-unseal',
  },
  {
    title: 'transit, and the nodes exited',
    input: input({
      nodes: sights('away', 'away', 'away'),
      cluster: b.cluster({ seal: { type: 'transit', provider: 'root', mount: 'transit', key: 'k' } }),
    }),
    plan: 'auto-unseal',
  },
  {
    title: 'azurekeyvault, and one node exited',
    input: input({
      nodes: sights('active', 'standby', 'away'),
      cluster: b.cluster({ seal: { type: 'azurekeyvault' } }),
    }),
    plan: 'nothing-to-do',
  },
  {
    title: 'one of three says it is auto-unsealed: the others are helped',
    input: input({ nodes: [restarted(1), restarted(2, { recovery_seal: true }), restarted(3)] }),
    plan: 'act',
  },
  {
    title: 'one says it is auto-unsealed, and the others wait for a leader',
    input: input({ nodes: [...sights('leaderless', 'leaderless'), restarted(3, { recovery_seal: true })] }),
    plan: 'wait',
  },
  {
    title: 'one says it is auto-unsealed, and one that may make up the quorum is away',
    input: input({ nodes: [...sights('leaderless', 'away'), restarted(3, { recovery_seal: true })] }),
    plan: 'wait',
  },
  {
    title: 'one says it is auto-unsealed, and the one away does not come back: both are named',
    input: input({
      nodes: [...sights('leaderless', 'away'), restarted(3, { recovery_seal: true })],
      recovery: b.recovery({ since: waited('restart', 16 * minute) }),
    }),
    plan: 'unreachable',
  },
  {
    title: 'one says it is auto-unsealed, and the others serve',
    input: input({ nodes: [...sights('active', 'standby'), restarted(3, { recovery_seal: true })] }),
    plan: 'auto-unseal',
  },
  {
    title: 'each says something else that makes our shares useless',
    input: input({
      nodes: [restarted(1, { migration: true }), restarted(2, { type: 'transit' }), restarted(3, { t: 5 })],
    }),
    plan: 'seal-migration',
  },
  {
    title: 'two that cannot be helped, for two reasons, beside one that serves no more',
    input: input({
      nodes: [
        sight(1, 'active'),
        restarted(2, { type: 'transit' }),
        restarted(3, { progress: 2, nonce: b.strangersNonce }),
      ],
      recovery: b.recovery({ since: waited('foreign/vault-3', 2 * minute) }),
    }),
    plan: 'auto-unseal',
  },
  {
    title: 'a seal migration is pending',
    input: input({
      nodes: [1, 2, 3].map((n) => restarted(n, { type: 'transit', migration: true, recovery_seal: true })),
    }),
    plan: 'seal-migration',
  },
  {
    title: 'one of three says that a seal migration is pending: the others are helped',
    input: input({
      nodes: [
        restarted(1, { type: 'transit', migration: true, recovery_seal: true }),
        restarted(2),
        restarted(3),
      ],
    }),
    plan: 'act',
  },
  {
    title: 'uninitialised',
    input: input({ nodes: sights('uninitialised', 'uninitialised', 'uninitialised') }),
    plan: 'uninitialised',
  },
  {
    title: 'uninitialised, and one away that may have the data',
    input: input({ nodes: sights('uninitialised', 'uninitialised', 'away') }),
    plan: 'wait',
  },
  {
    title: 'all were removed',
    input: input({ nodes: sights('removed', 'removed', 'removed') }),
    plan: 'removed-peers',
  },
  {
    title: 'one removed, one restarted, one active',
    input: input({ nodes: [...sights('active', 'removed'), restarted(3)] }),
    plan: 'act',
  },
  { title: 'nothing is escrowed', input: input({ generation: { state: 'none' } }), plan: 'escrow-missing' },
  {
    title: 'the generation cannot be read',
    input: input({ generation: { state: 'unreadable', why: 'its blob is gone' } }),
    plan: 'escrow-bad',
  },
  {
    title: 'the generation holds recovery keys',
    input: input({ generation: b.generation({ kind: 'recovery' }) }),
    plan: 'escrow-missing',
  },
  {
    title: 'the generation is bad',
    input: input({
      generation: b.generation({
        row: { ...b.generation().row, bad: { at: now - minute, node: 'vault-1', recovery: 'payments.r0' } },
      }),
    }),
    plan: 'escrow-bad',
  },
  {
    title: 'fleet.yaml differs from the trust',
    input: input({ generation: b.generation({ trustChanged: ['tls.ca', 'nodes.vault-3'] }) }),
    plan: 'escrow-trust-changed',
  },
  {
    title: 'fleet.yaml differs from the trust, break-glass',
    input: input({
      recovery: b.recovery({ way: 'break-glass' }),
      generation: b.generation({ trustChanged: ['tls.ca'] }),
    }),
    plan: 'escrow-trust-changed',
  },
  {
    title: 'fleet.yaml differs from the trust, and too few nodes are up for an election: both are named',
    input: input({
      nodes: sights('leaderless', 'away', 'away'),
      generation: b.generation({ trustChanged: ['nodes.vault-3'] }),
    }),
    plan: 'escrow-trust-changed',
  },
  {
    title: 'fleet.yaml differs from the trust, one node is sealed, and the others are away',
    input: input({
      nodes: [restarted(1), ...sights('active', 'away', 'away').slice(1)],
      generation: b.generation({ trustChanged: ['tls.ca'] }),
    }),
    plan: 'escrow-trust-changed',
  },
  {
    title: 'fleet.yaml differs from the trust, two nodes are sealed, and the one away is not missed',
    input: input({
      nodes: [restarted(1), restarted(2), sight(3, 'away')],
      generation: b.generation({ trustChanged: ['tls.ca'] }),
    }),
    plan: 'escrow-trust-changed',
  },
  {
    title: 'fleet.yaml differs from the trust, one node is away, and the others serve',
    input: input({
      nodes: sights('active', 'standby', 'away'),
      generation: b.generation({ trustChanged: ['tls.ca'] }),
    }),
    plan: 'nothing-to-do',
  },
  {
    title: 'rekeyed to other numbers',
    input: input({ nodes: [1, 2, 3].map((n) => restarted(n, { t: 2, n: 3 })) }),
    plan: 'escrow-bad',
  },
  {
    title: 'one of three says it was rekeyed: the others are helped, in break-glass, too',
    input: input({
      recovery: b.recovery({ way: 'break-glass' }),
      nodes: [restarted(1, { t: 9, n: 9 }), restarted(2), restarted(3)],
    }),
    plan: 'act',
  },
  {
    title: 'fleet.yaml names another address for a node',
    input: input({
      nodes: [...sights('active', 'standby'), { ...restarted(3), address: 'https://elsewhere.test:8200' }],
    }),
    plan: 'nothing-to-do',
  },
  {
    title: 'etcd is away',
    input: input({
      nodes: sights('storage', 'storage', 'storage'),
      cluster: b.cluster({ expect: { storage: 'etcd' } }),
    }),
    plan: 'wait',
  },
  {
    title: 'etcd is away, and nodes are sealed',
    input: input({
      nodes: [
        sight(1, 'storage'),
        restarted(2, { storage_type: 'etcd' }),
        restarted(3, { storage_type: 'etcd' }),
      ],
      cluster: b.cluster({ expect: { storage: 'etcd' } }),
    }),
    plan: 'wait',
  },
  {
    title: 'etcd is away for long',
    input: input({
      nodes: sights('storage', 'storage', 'storage'),
      recovery: b.recovery({ since: waited('storage', 16 * minute) }),
    }),
    plan: 'gave-up',
  },
  {
    title: 'the disk of one raft node is broken, and another one says it is no raft node',
    input: input({
      nodes: [sight(1, 'storage'), restarted(2, { storage_type: 'consul' }), sight(3, 'away')],
    }),
    plan: 'act',
  },
  {
    title: 'storage is away, fleet.yaml says nothing of it, and one of two says that it is raft',
    input: input({
      nodes: [sight(1, 'storage'), restarted(2, { storage_type: 'consul' }), restarted(3)],
      cluster: b.cluster({ expect: {} }),
    }),
    plan: 'act',
  },
  {
    title: 'the disk of one raft node is broken',
    input: input({ nodes: [sight(1, 'storage'), restarted(2), restarted(3)] }),
    plan: 'act',
  },
];
