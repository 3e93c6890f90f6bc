/**
 * What to do next for a cluster, and why: pure. The judges are asked in order, and the first that has something to say
 * is the plan. Whoever carries it out looks again afterwards and plans anew (DESIGN, rule 10).
 */

import { paint } from './plan/picture.ts';
import { quorumLost } from './plan/quorum.ts';
import { autoUnsealed, escrowUnusable, type Judge, noneFits, withoutData } from './plan/refusals.ts';
import { awaitSealed, stuck, unseal } from './plan/unsealing.ts';
import {
  awaitFollowers,
  awaitLeader,
  awaitRestart,
  awaitStorage,
  nothingHelps,
  served,
} from './plan/waiting.ts';
import type { Plan, PlanInput } from './recovery.ts';

const judges: Judge[] = [
  // Shares are not what helps…
  quorumLost,
  withoutData,
  noneFits,
  autoUnsealed,
  awaitStorage,
  // …or cannot be had…
  escrowUnusable,
  // …else they are sent…
  unseal,
  awaitSealed,
  // …and then the cluster comes back by itself, or does not.
  awaitRestart,
  awaitLeader,
  stuck,
  awaitFollowers,
  served,
];

export function plan(input: PlanInput): Plan {
  const picture = paint(input);
  for (const judge of judges) {
    const found = judge(input, picture);
    if (found) return found;
  }
  return nothingHelps(input, picture);
}
