/**
 * What stands in tables of watch, in real storage (Azurite): an acknowledgement neither blocks a recovery nor permits
 * one, and a forged row of `live` permits nothing (rule 6).
 */
import { TableClient } from '@azure/data-tables';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../../cli/start/azurite.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import type { NodeFacts } from '../../../shared/probe/head-facts.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import type { State } from '../../../shared/state/ports.ts';
import { aHead, anAlert } from '../../fakes/state/examples.ts';
import { approveRecovery } from '../../work/recover/approving.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restart, sealed, sealStatus, untilTellable } from './clusters.ts';
import { grace, Recovering } from './recovering.ts';

const node = 'vault-1';
const hour = 3_600_000;
let cluster: WatchedCluster;
let azurite: Azurite;
let watch: State;
let app: Recovering;

beforeAll(async () => {
  [cluster, azurite] = await Promise.all([
    startHealthyCluster({ nodes: 1, fastElections: true, telemetry: true }),
    startAzurite(),
  ]);
  watch = connectState(azurite, systemClock);
  await watch.prepare();
});
afterAll(async () => {
  await Promise.all([cluster?.close(), azurite?.close()]);
});
beforeEach(async () => {
  await cluster.whole();
  app = new Recovering({
    clusters: { payments: automatic(cluster) },
    env: { SEALWATCH_STORAGE: azurite.connectionString },
    realFacts: true,
  });
  await app.escrow('payments', cluster.keys?.shares ?? []);
  await app.noteStarts();
  await untilTellable(cluster);
});
afterEach(async () => {
  app.close();
  const { head } = await watch.live.read('payments');
  if (head) await watch.live.commit('payments', undefined, head.etag, []);
  await acknowledgements().deleteEntity('payments', 'all');
});

const acknowledgements = () =>
  TableClient.fromConnectionString(azurite.connectionString, 'acknowledgements', {
    allowInsecureConnection: true,
  });

/** Of everything about the cluster, since long ago and until tomorrow: in its own table, and in the alert. */
async function acknowledge(facts: Record<string, NodeFacts> = {}): Promise<void> {
  const [at, until] = [new Date(Date.now() - hour), new Date(Date.now() + 24 * hour)];
  const row = { v: 1, kind: 'acknowledge', by: grace.name, at, until };
  await acknowledgements().upsertEntity({ partitionKey: 'payments', rowKey: 'all', ...row });
  const alert = anAlert({ status: 'acknowledged', acknowledgedBy: grace.name, since: at.getTime() });
  const head = aHead({ alerts: [alert], facts: { nodes: facts } });
  expect(await watch.live.commit('payments', head, undefined, [])).toMatchObject({ committed: true });
  expect(await watch.words.quiets()).toMatchObject([{ kind: 'acknowledge', cluster: 'payments' }]);
}

async function asksAndSendsNothing(): Promise<string> {
  const asking = await app.nudge();
  expect(asking).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
  expect(app.sent).toEqual([]);
  expect(await sealStatus(cluster, node)).toEqual({ sealed: true, progress: 0, nonce: '' });
  return asking?.id ?? '';
}

describe('an acknowledgement', () => {
  it('blocks nothing: a node that restarted is unsealed by automation', async () => {
    await acknowledge();
    await restart(cluster);
    expect((await app.nudge())?.ended?.outcome).toBe('recovered');
    expect(await sealed(cluster)).toEqual([]);
  });

  it('permits nothing: a seal on purpose still takes the approval, and is undone by it alone', async () => {
    await acknowledge();
    await cluster.seal(node);
    const id = await asksAndSendsNothing();
    await asksAndSendsNothing();
    await approveRecovery(app.process(), id, grace);
    expect((await app.nudge())?.ended?.outcome).toBe('recovered');
  });
});

describe('a row of live', () => {
  const longAgo = () => Date.now() - 24 * hour;

  it.each<[string, () => Record<string, NodeFacts>]>([
    [
      'of a node that served in another process, and restarted just now',
      () => ({
        [node]: {
          state: 'active',
          since: longAgo(),
          unsealedStart: longAgo(),
          start: Date.now(),
          restarts: [Date.now()],
        },
      }),
    ],
    ['of a node that is down since long', () => ({ [node]: { state: 'unreachable', since: longAgo() } })],
    ['of no node at all', () => ({})],
  ])('%s: a seal on purpose still takes an approval', async (_what, forged) => {
    await acknowledge(forged());
    await cluster.seal(node);
    await asksAndSendsNothing();
  });

  it('that saw this very process unsealed is read, and stops what automation would do', async () => {
    await restart(cluster);
    const start = Date.now();
    await acknowledge({ [node]: { state: 'sealed', since: start, unsealedStart: start } });
    await asksAndSendsNothing();
  });
});
