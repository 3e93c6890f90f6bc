/**
 * Rule 6: a restart that takes less than 300 ms, which no probe every 30 s sees, and a seal on purpose, with start times
 * that anybody may read and without, under both words of fleet.yaml.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { approveRecovery } from '../../work/recover/approving.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restartUnseen, sealed, sealStatus, untilTellable } from './clusters.ts';
import { grace, Recovering } from './recovering.ts';

const node = 'vault-1';
let telling: WatchedCluster;
let silent: WatchedCluster;
let app: Recovering;

beforeAll(async () => {
  [telling, silent] = await Promise.all([
    startHealthyCluster({ nodes: 1, fastElections: true, telemetry: true }),
    startHealthyCluster({ nodes: 1, fastElections: true }),
  ]);
});
afterAll(async () => {
  await Promise.all([telling?.close(), silent?.close()]);
});
afterEach(() => app.close());

type Cause = 'approval' | 'automatic';
type Event = 'a restart' | 'a seal on purpose';

/** It serves, is noted so, and then this happens to it. */
async function after(event: Event, cluster: WatchedCluster, unknownSealCause: Cause): Promise<void> {
  await cluster.whole();
  app = new Recovering({ clusters: { payments: automatic(cluster, { unknownSealCause }) } });
  await app.escrow('payments', cluster.keys?.shares ?? []);
  await app.noteStarts();
  await untilTellable(cluster);
  const { pid } = cluster.nodes[0] ?? {};
  if (event === 'a restart') await restartUnseen(cluster, node);
  else await cluster.seal(node);
  expect(cluster.nodes[0]?.pid === pid).toBe(event === 'a seal on purpose');
  expect(await sealed(cluster)).toEqual([node]);
}

const inProcess = `${node} is sealed in the process that runs since`;
const unknown = `${node} is sealed, and nothing tells whether it restarted (its start time cannot be read)`;

it.each<[Event, 'with' | 'without', Cause, string]>([
  ['a seal on purpose', 'with', 'approval', inProcess],
  // What is known is not unknown: the word for what nobody can tell does not reach it.
  ['a seal on purpose', 'with', 'automatic', inProcess],
  ['a seal on purpose', 'without', 'approval', unknown],
  ['a restart', 'without', 'approval', unknown],
])(
  '%s, %s readable metrics, where an unknown cause takes %s: nothing is sent until a person approves',
  async (event, metrics, unknownSealCause, why) => {
    const cluster = metrics === 'with' ? telling : silent;
    await after(event, cluster, unknownSealCause);
    const asking = await app.nudge();
    expect(asking).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
    expect(asking?.needs?.why).toContain(why);
    expect(app.sent).toEqual([]);
    expect(await sealStatus(cluster, node)).toEqual({ sealed: true, progress: 0, nonce: '' });
    await approveRecovery(app.process(), asking?.id ?? '', grace);
    expect((await app.nudge())?.ended?.outcome).toBe('recovered');
  },
);

it.each<[Event, 'with' | 'without', Cause]>([
  ['a restart', 'with', 'approval'],
  ['a restart', 'with', 'automatic'],
  ['a restart', 'without', 'automatic'],
  // Nobody can tell it from a restart: this is what that word of fleet.yaml gives away.
  ['a seal on purpose', 'without', 'automatic'],
])(
  '%s, %s readable metrics, where an unknown cause takes %s: the node is unsealed, and nobody is asked',
  async (event, metrics, unknownSealCause) => {
    const cluster = metrics === 'with' ? telling : silent;
    await after(event, cluster, unknownSealCause);
    const recovery = await app.nudge();
    expect(recovery).toMatchObject({ way: 'automatic', ended: { outcome: 'recovered' } });
    expect(app.state.audited.filter(({ what }) => what === 'approved')).toEqual([]);
    expect(app.sharesSentTo(node)).toBe(3);
    expect(await sealed(cluster)).toEqual([]);
  },
);
