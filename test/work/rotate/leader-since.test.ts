/** What readiness is told of a cluster's leader. */
import { expect, it } from 'vitest';
import type { ConsumerSight } from '../../../shared/rotation/rotation.ts';
import { leaderSinceBy } from '../../../shared/work/rotate/leader-since.ts';
import { file, fleetOf } from '../../fleet/builders.ts';

const [cluster] = fleetOf(file()).clusters;
if (!cluster) throw new Error('no cluster');

const told = (sight: Omit<ConsumerSight, 'cluster'>) =>
  leaderSinceBy({ sight: async ({ name }) => ({ cluster: name, ...sight }) }, cluster)();

it('since when a node leads', async () => {
  const nodes = [
    { node: 'vault-1', startedAt: 1_000 },
    { node: 'vault-2', unseen: 'no metrics' },
  ];
  expect(await told({ nodes, leaderSince: 5_000 })).toBe(5_000);
});

it('nothing where nobody leads', async () => {
  const nodes = [{ node: 'vault-1', startedAt: 1_000 }];
  expect(await told({ nodes, leaderUnseen: 'no node says that it leads' })).toBeUndefined();
});

it('nothing of a Vault without high availability: it may have been sealed for long after it started', async () => {
  const nodes = [{ node: 'vault-1', startedAt: 1_000 }];
  expect(await told({ nodes, leaderSince: 1_000 })).toBeUndefined();
});
