/** Sealed nodes that hold shares, ours or not, or took our set. */
import * as b from '../build.ts';
import type { Scenario } from './scenario.ts';

const { input, sights, restarted, sight, minute, now, waited } = b;
const held = { progress: 2, nonce: b.strangersNonce };

export const progress: Scenario[] = [
  {
    title: 'foreign progress',
    input: input({ nodes: [...sights('active', 'standby'), restarted(3, held)] }),
    plan: 'wait',
  },
  {
    title: 'foreign progress beside nodes that can be unsealed',
    input: input({ nodes: [restarted(1), restarted(2), restarted(3, held)] }),
    plan: 'act',
  },
  {
    title: 'foreign progress for long: reported',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3, held)],
      recovery: b.recovery({ since: waited('foreign/vault-3', 2 * minute) }),
    }),
    plan: 'foreign-progress',
  },
  {
    title: 'foreign progress for long: reset',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3, held)],
      cluster: b.cluster({ recovery: { foreignProgress: { afterMs: 2 * minute, then: 'reset' } } }),
      recovery: b.recovery({ since: waited('foreign/vault-3', 2 * minute) }),
    }),
    plan: 'act',
  },
  {
    title: 'our progress',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3, { progress: 2, nonce: b.nonce })],
      recovery: b.recovery({ intents: b.intents(3, 2) }),
    }),
    plan: 'act',
  },
  {
    title: 'likely our progress',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3, { progress: 1, nonce: b.nonce })],
      recovery: b.recovery({ intents: b.intents(3, 1) }),
    }),
    plan: 'wait',
  },
  {
    title: 'likely our progress for long',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3, { progress: 1, nonce: b.nonce })],
      recovery: b.recovery({ intents: b.intents(3, 1), since: waited('foreign/vault-3', 2 * minute) }),
    }),
    plan: 'act',
  },
  {
    title: 'more progress than we may have sent',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3, { progress: 2, nonce: b.nonce })],
      recovery: b.recovery({ intents: b.intents(3, 1), since: waited('foreign/vault-3', 2 * minute) }),
    }),
    plan: 'foreign-progress',
  },
  {
    title: 'our set was taken',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({ intents: b.intents(3, 3) }),
    }),
    plan: 'wait',
  },
  {
    title: 'our set was taken long ago: it may have been unsealed, and sealed on purpose',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({
        intents: b.intents(3, 3),
        sets: { 'vault-3': 1 },
        since: waited('join/vault-3', minute),
      }),
    }),
    plan: 'needs-approval',
  },
  {
    title: 'our set was taken, and the node restarted',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({ intents: b.intents(3, 3, now - 2 * minute), sets: { 'vault-3': 1 } }),
    }),
    plan: 'act',
  },
  {
    title: 'our set was spoiled just now',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({
        intents: b.intents(3, 2),
        troubles: [b.trouble(3, 'unseal-interference')],
        sets: { 'vault-3': 1 },
      }),
    }),
    plan: 'wait',
  },
  {
    title: 'our set was spoiled a while ago',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({
        intents: b.intents(3, 2, now - 31_000),
        troubles: [b.trouble(3, 'unseal-interference', now - 30_900)],
        sets: { 'vault-3': 1 },
      }),
    }),
    plan: 'act',
  },
  {
    title: 'three sets, and still sealed',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({ sets: { 'vault-3': 3 } }),
    }),
    plan: 'gave-up',
  },
  {
    title: 'three sets, noted unsealed since, and restarted: these are of another time',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({ intents: b.intents(3, 3, now - 6 * minute), sets: { 'vault-3': 3 } }),
    }),
    plan: 'act',
  },
  {
    title: 'three sets, the last one later than it was noted unsealed',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({
        intents: b.intents(3, 3, now - 4 * minute),
        sets: { 'vault-3': 3 },
        since: waited('join/vault-3', 3 * minute),
      }),
    }),
    plan: 'gave-up',
  },
  {
    title: 'three sets, each of a pass that was killed amid it',
    input: input({
      nodes: [...sights('active', 'standby'), restarted(3)],
      recovery: b.recovery({ intents: b.intents(3, 2, now - 2 * minute), sets: { 'vault-3': 3 } }),
    }),
    plan: 'act',
  },
  {
    title: 'three sets at one node, and no leader yet',
    input: input({
      nodes: [sight(1, 'leaderless'), sight(2, 'leaderless'), restarted(3)],
      recovery: b.recovery({ sets: { 'vault-3': 3 } }),
    }),
    plan: 'wait',
  },
];
