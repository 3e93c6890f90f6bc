/** What shares do not help with, and shares that cannot be had. */
import * as b from '../build.ts';
import type { Scenario } from './scenario.ts';

const { input, sights, restarted, sight, minute, now } = b;
const waited = (key: string, ms: number) => ({ [key]: now - ms });

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
    title: 'a node says it is auto-unsealed',
    input: input({ nodes: [restarted(1), restarted(2, { recovery_seal: true }), restarted(3)] }),
    plan: 'auto-unseal',
  },
  {
    title: 'a seal migration is pending',
    input: input({
      nodes: [
        restarted(1, { type: 'transit', migration: true, recovery_seal: true }),
        restarted(2),
        restarted(3),
      ],
    }),
    plan: 'seal-migration',
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
    title: 'rekeyed to other numbers',
    input: input({ nodes: [restarted(1, { t: 2, n: 3 }), restarted(2), restarted(3)] }),
    plan: 'escrow-bad',
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
    title: 'the disk of one raft node is broken',
    input: input({ nodes: [sight(1, 'storage'), restarted(2), restarted(3)] }),
    plan: 'act',
  },
];
