/** Nothing can be unsealed any more: what the cluster does by itself now, and for how long that is waited for. */
import type { Plan, PlanInput, Step } from '../recovery.ts';
import { joinerMs, laterMs, leaderMs, restartMs, soonMs, storageMs, verifyMs } from './limits.ts';
import { isRaft, leftOver, names, type Picture, servingWords } from './picture.ts';
import { gaveUp, type Judge, startRemedy, trustChanged } from './refusals.ts';
import { joinKey, leaderKey, since } from './since.ts';

/** Storage that all nodes share is away: shares would be taken for nothing. A raft node's disk is its own. */
export const awaitStorage: Judge = (input, picture) => {
  const { storage, sealed, leaderless, active } = picture;
  if (storage.length === 0 || active) return undefined;
  if (isRaft(input, picture) && sealed.length + leaderless.length > 0) return undefined;
  const giveUpAt = since(input, 'storage') + storageMs;
  const what = `${names(storage)} cannot read storage`;
  if (input.now < giveUpAt) {
    return wait(input, picture, [{ kind: 'await-storage' }], what, laterMs, giveUpAt);
  }
  return gaveUp(
    'gave-up',
    input,
    picture,
    what,
    'Bring the storage back (etcd, Consul, or the disk of these nodes): no share helps without it.',
  );
};

/** Too few nodes are up for an election, and others do not answer. */
export const awaitRestart: Judge = (input, picture) => {
  const { unreachable, leaderless, quorum, active } = picture;
  if (active || unreachable.length === 0 || leaderless.length >= quorum) return undefined;
  const moved = trustChanged(input, picture);
  if (moved) return moved;
  const giveUpAt = since(input, 'restart') + restartMs;
  const steps = unreachable.map(({ node }): Step => ({ kind: 'await-restart', node }));
  const what = `${leaderless.length} unsealed, an election takes ${quorum}: ${names(unreachable)} must come back`;
  if (input.now < giveUpAt) return wait(input, picture, steps, what, laterMs, giveUpAt);
  return gaveUp('unreachable', input, picture, what, startRemedy(input, picture));
};

export const awaitLeader: Judge = (input, picture) => {
  const { leaderless, active } = picture;
  if (active || leaderless.length === 0) return undefined;
  const giveUpAt = since(input, leaderKey(picture)) + leaderMs;
  if (input.now < giveUpAt) {
    return {
      kind: 'wait',
      steps: [{ kind: 'await-leader' }],
      what: `${leaderless.length} of ${input.cluster.nodes.length} nodes unsealed, waiting for a leader`,
      until: Math.min(giveUpAt, input.now + soonMs),
      giveUpAt,
    };
  }
  return gaveUp(
    'gave-up',
    input,
    picture,
    'and no node became active',
    'Check that the nodes reach each other on their cluster port, and read their logs: raft elects by itself once a quorum talks.',
  );
};

/** With an active node: nodes without data join, standbys find it; what takes too long is left and named. */
export const awaitFollowers: Judge = (input, picture) => {
  const { joiners, leaderless, active, sealed } = picture;
  if (!active) return undefined;
  const joining = joiners.filter(({ node }) => input.now < since(input, joinKey(node)) + joinerMs);
  const followAt = since(input, leaderKey(picture)) + verifyMs;
  const following = input.now < followAt ? leaderless : [];
  if (joining.length + following.length === 0 || sealed.length > 0) return undefined;
  const steps = [
    ...joining.map(({ node }): Step => ({ kind: 'await-joiner', node })),
    ...(following.length > 0 ? [{ kind: 'verify' } as const] : []),
  ];
  const ends = [
    ...joining.map(({ node }) => since(input, joinKey(node)) + joinerMs),
    ...(following.length > 0 ? [followAt] : []),
  ];
  return wait(
    input,
    picture,
    steps,
    `waiting for ${names([...joining, ...following])}`,
    soonMs,
    Math.max(...ends),
  );
};

/** An active node, and every member that answers is unsealed: the rest is named. */
export const served: Judge = (input, picture) => {
  const { active, sealed } = picture;
  if (!active || sealed.length > 0) return undefined;
  const { recovery } = input;
  const summary = [servingWords(input, picture), ...leftOver(input, picture)].join('; ');
  const ours = recovery.unsealed.length > 0 || recovery.intents.length > 0;
  return { kind: 'nothing', outcome: ours ? 'recovered' : 'nothing-to-do', summary };
};

/** Whatever no other judge knows. */
export function nothingHelps(input: PlanInput, picture: Picture): Plan {
  return gaveUp(
    'gave-up',
    input,
    picture,
    'and nothing here is for shares',
    'Look at the nodes named: Sealwatch knows no safe step.',
  );
}

function wait(
  input: PlanInput,
  picture: Picture,
  steps: Step[],
  what: string,
  pauseMs: number,
  giveUpAt: number,
): Plan {
  const { now } = input;
  return {
    kind: 'wait',
    steps,
    what: `${servingWords(input, picture)}, ${what}`,
    until: Math.min(giveUpAt, now + pauseMs),
    giveUpAt,
  };
}
