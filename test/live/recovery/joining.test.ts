/** Nodes whose start times nobody can read, and one that joins: its last share is answered with "sealed". */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { approveRecovery } from '../../work/recover/approving.ts';
import { startServers, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restart, sealed } from './clusters.ts';
import { grace, Recovering } from './recovering.ts';

let cluster: WatchedCluster;
let app: Recovering | undefined;

beforeAll(async () => {
  cluster = await startServers({ nodes: 2, fastElections: true });
  await cluster.initialiseFirst();
  await cluster.unseal('vault-1');
});
afterAll(() => cluster?.close());
afterEach(() => app?.close());

async function started(unknownSealCause: 'approval' | 'automatic'): Promise<Recovering> {
  app = new Recovering({ clusters: { payments: automatic(cluster, { unknownSealCause }) } });
  await app.escrow('payments', cluster.keys?.shares ?? []);
  await app.noteStarts();
  return app;
}

it('a joining follower takes one set of shares, answers sealed to the last, and is waited for', async () => {
  await cluster.awaitState('vault-2', [503]);
  const app = await started('automatic');
  const recovery = await app.nudge();
  expect(recovery?.ended).toMatchObject({ outcome: 'recovered' });
  expect(app.sent).toHaveLength(3);
  expect(app.sharesSentTo('vault-2')).toBe(3);
  expect(recovery?.troubles).toEqual([]);
  expect(app.logged.join('\n')).toContain('vault-2: joining');
  expect(await sealed(cluster)).toEqual([]);
});

it('without readable start times a restart within 300 ms needs approval', async () => {
  const app = await started('approval');
  await restart(cluster, 'vault-2');
  const asking = await app.nudge();
  expect(asking).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
  expect(asking?.needs?.why).toMatch('vault-2 is sealed, and nothing tells whether it restarted');
  expect(app.sent).toEqual([]);
  await approveRecovery(app.process(), asking?.id ?? '', grace);
  expect((await app.nudge())?.ended?.outcome).toBe('recovered');
});

it('and none where the cluster says so: both nodes at once', async () => {
  const app = await started('automatic');
  await restart(cluster);
  expect((await app.nudge())?.ended?.summary).toMatch(/^2 of 2 nodes serving/);
});
