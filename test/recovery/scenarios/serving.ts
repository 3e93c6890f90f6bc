/** Nodes that serve, come back by themselves, or are lost for good. */
import * as b from '../build.ts';
import type { Scenario } from './scenario.ts';

const { input, sights, restarted, sight, minute, waited } = b;

export const serving: Scenario[] = [
  {
    title: 'all serve',
    input: input({ nodes: sights('active', 'standby', 'standby') }),
    plan: 'nothing-to-do',
  },
  {
    title: 'all serve after our shares',
    input: input({
      nodes: sights('active', 'standby', 'standby'),
      recovery: b.recovery({ unsealed: ['vault-1'] }),
    }),
    plan: 'recovered',
  },
  {
    title: 'one away, one removed, one active',
    input: input({
      nodes: sights('active', 'removed', 'away'),
      recovery: b.recovery({ unsealed: ['vault-1'] }),
    }),
    plan: 'recovered',
  },
  {
    title: 'a standby has not found the active node yet',
    input: input({ nodes: sights('active', 'standby', 'leaderless') }),
    plan: 'wait',
  },
  {
    title: 'a standby does not find the active node',
    input: input({
      nodes: sights('active', 'standby', 'leaderless'),
      recovery: b.recovery({ since: waited('follow/vault-3', minute) }),
    }),
    plan: 'nothing-to-do',
  },
  {
    title: 'a node waits to join',
    input: input({ nodes: sights('active', 'standby', 'joiner') }),
    plan: 'wait',
  },
  {
    title: 'a node waits to join for too long',
    input: input({
      nodes: sights('active', 'standby', 'joiner'),
      recovery: b.recovery({ since: waited('join/vault-3', 2 * minute) }),
    }),
    plan: 'nothing-to-do',
  },
  {
    title: 'a performance or DR secondary serves',
    input: input({ nodes: [sight(1, 'active', { state: { kind: 'serving', role: 'other' } })] }),
    plan: 'nothing-to-do',
  },
  {
    title: 'unsealed, no leader yet',
    input: input({ nodes: sights('leaderless', 'leaderless', 'leaderless') }),
    plan: 'wait',
  },
  {
    title: 'a standby without an active node',
    input: input({ nodes: sights('standby', 'standby', 'away') }),
    plan: 'wait',
  },
  {
    title: 'unsealed, no leader for long',
    input: input({
      nodes: sights('leaderless', 'leaderless', 'away'),
      recovery: b.recovery({ since: waited('leader/vault-1,vault-2', 2 * minute) }),
    }),
    plan: 'gave-up',
  },
  {
    title: 'one survivor, the others away',
    input: input({ nodes: sights('leaderless', 'away', 'away') }),
    plan: 'wait',
  },
  {
    title: 'one survivor, the others away for long',
    input: input({
      nodes: sights('leaderless', 'away', 'away'),
      recovery: b.recovery({ since: waited('restart', 15 * minute) }),
    }),
    plan: 'unreachable',
  },
  { title: 'all away', input: input({ nodes: sights('away', 'away', 'away') }), plan: 'wait' },
  {
    title: 'all away for long',
    input: input({
      nodes: sights('away', 'away', 'away'),
      recovery: b.recovery({ since: waited('restart', 15 * minute) }),
    }),
    plan: 'unreachable',
  },
  {
    title: 'two of three lost',
    input: input({
      nodes: sights('leaderless', 'away', 'away'),
      recovery: b.recovery({ lost: ['vault-2', 'vault-3'] }),
      raft: b.raft,
    }),
    plan: 'quorum-lost',
  },
  {
    title: 'one of three lost',
    input: input({
      nodes: [restarted(1), restarted(2), sight(3, 'away')],
      recovery: b.recovery({ lost: ['vault-3'] }),
      raft: b.raft,
    }),
    plan: 'act',
  },
  {
    title: 'lost, and it answers',
    input: input({
      nodes: [sight(1, 'leaderless'), sight(2, 'away'), restarted(3)],
      recovery: b.recovery({ lost: ['vault-2', 'vault-3'] }),
      raft: b.raft,
    }),
    plan: 'quorum-lost',
  },
  {
    title: 'lost, and the raft configuration was never seen',
    input: input({
      nodes: sights('leaderless', 'away', 'away'),
      recovery: b.recovery({ lost: ['vault-2', 'vault-3'] }),
    }),
    plan: 'quorum-lost',
  },
  {
    title: 'lost, and nothing tells which peer it is',
    input: input({
      nodes: sights('leaderless', 'away', 'away'),
      recovery: b.recovery({ lost: ['vault-2', 'vault-3'] }),
      raft: { ...b.raft, servers: b.raft.servers.slice(0, 2) },
    }),
    plan: 'quorum-lost',
  },
];
