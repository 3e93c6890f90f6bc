/**
 * What every Vault raft cluster does, told as one life of three nodes: run against the simulated cluster and
 * against real servers, so that the simulation cannot drift. Source: VAULT-FACTS, and real servers.
 * Each test goes on where the one before it ended.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { type ClusterUnderTest, newStory } from './operator.ts';
import { comingUp } from './vault-coming-up.ts';
import { failures } from './vault-failures.ts';

/** @param open a cluster of three nodes, started, uninitialised, Shamir, with unauthenticated metrics. */
export function vaultContract(open: () => Promise<ClusterUnderTest>): void {
  describe('a raft cluster of three', () => {
    const story = newStory();
    beforeAll(async () => {
      story.begin(await open());
    });
    afterAll(async () => {
      await story.cluster.close();
    });
    comingUp(story);
    failures(story);
  });
}
