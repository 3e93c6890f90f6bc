/** Whole ways over real storage (Azurite) and a passphrase as custodian: a process that is killed, and the host. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Azurite, startAzurite } from '../../../cli/start/azurite.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../../shared/state/azure/recover/connect.ts';
import type { RecoverState } from '../../../shared/state/recover-ports.ts';
import { ownProcess } from '../../servers/owned-processes.ts';
import { until } from '../../servers/until.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restart, sealed, untilTellable } from './clusters.ts';
import { Recovering } from './recovering.ts';

const passphrase = randomUUID();
let cluster: WatchedCluster;
let azurite: Azurite;
let state: RecoverState;
let app: Recovering;
const children: ChildProcess[] = [];

beforeAll(async () => {
  [cluster, azurite] = await Promise.all([
    startHealthyCluster({ telemetry: true, fastElections: true }),
    startAzurite(),
  ]);
  state = connectRecoverState(azurite, systemClock, randomUUID);
  // The tables of watch too: what it remembers is looked at.
  await Promise.all([state.prepare(), connectState(azurite, systemClock).prepare()]);
  const local = { passphrase: 'env:SEALWATCH_SECRET_PASS', shares: [1, 2, 3, 4, 5] };
  app = new Recovering({
    clusters: { payments: automatic(cluster, { escrow: { custodians: { local } } }) },
    env: { SEALWATCH_STORAGE: azurite.connectionString, SEALWATCH_SECRET_PASS: passphrase },
    realCustodians: true,
    state,
  });
  await app.escrow('payments', cluster.keys?.shares ?? []);
  await app.noteStarts();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
});
afterAll(async () => {
  app?.close();
  await Promise.all([cluster?.close(), azurite?.close()]);
});

function start(program: string, env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [resolve(program)], {
    cwd: resolve(app.fleetFile, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      SEALWATCH_FLEET: app.fleetFile,
      SEALWATCH_STORAGE: azurite.connectionString,
      SEALWATCH_SECRET_PASS: passphrase,
      ...env,
    },
  });
  ownProcess(child);
  children.push(child);
  return child;
}

const Line = z.union([
  z.object({ node: z.string(), share: z.string() }),
  z.object({ stopped: z.string() }),
  z.object({ requests: z.number() }),
]);

/** Runs until it stands still, and kills it there; or to its end. Returns the different shares by node. */
async function run(ahead: number, stop = 'never'): Promise<Map<string, Set<string>>> {
  const child = start('test/live/recovery/recover-process.ts', {
    SEALWATCH_TEST_AHEAD: String(ahead),
    SEALWATCH_TEST_STOP: stop,
  });
  let complaints = '';
  child.stderr?.on('data', (chunk) => {
    complaints += chunk;
  });
  const shares = new Map<string, Set<string>>();
  let end: z.infer<typeof Line> | undefined;
  if (!child.stdout) throw new Error('no stdout');
  for await (const text of createInterface(child.stdout)) {
    const line = Line.parse(JSON.parse(text));
    if ('node' in line) shares.set(line.node, (shares.get(line.node) ?? new Set()).add(line.share));
    else end = line;
    if ('stopped' in line) child.kill('SIGKILL');
  }
  expect(end, complaints).toEqual(stop === 'never' ? { requests: expect.any(Number) } : { stopped: stop });
  return shares;
}

it('the embedded host finds three restarted nodes and brings them back, with nobody but itself', async () => {
  await untilTellable(cluster);
  const startedAt = Date.now();
  const host = start('cli/start/main.ts', {
    SEALWATCH_PORT: '0',
    SEALWATCH_SCHEDULE: '*/2 * * * * *',
  });
  let output = '';
  for (const pipe of [host.stdout, host.stderr]) {
    pipe?.on('data', (chunk) => {
      output += chunk;
    });
  }
  await until(
    'the host',
    60,
    async () => output.includes('/api/status') || undefined,
    () => output,
  );
  await restart(cluster);
  const ended = await until(
    'a recovery that has ended',
    60,
    async () => {
      const { rows } = await state.recoveries.list('payments', startedAt);
      return rows.find(({ status }) => status === 'ended');
    },
    () => output.slice(-3000),
  );
  expect(ended).toMatchObject({ way: 'automatic', ended: { outcome: 'recovered' } });
  expect(await sealed(cluster)).toEqual([]);
  for (const share of cluster.keys?.shares ?? []) {
    expect(output).not.toContain(share);
    expect(output).not.toContain(Buffer.from(share, 'base64').toString('hex'));
  }
  expect(output).not.toContain(passphrase);
});

// Last: the clocks of its processes run ahead, so that dead leases end, and what they note lies in the future.
it('a pass that is killed three times, each amid a set of shares, is gone on with until all three nodes serve', async () => {
  const startedAt = Date.now();
  await untilTellable(cluster);
  await restart(cluster);
  const runs = [
    await run(0, 'before 1'),
    await run(130_000, 'after 5'),
    await run(260_000, 'after 9'),
    await run(390_000),
  ];
  for (const shares of runs) {
    for (const sent of shares.values()) expect(sent.size).toBeLessThanOrEqual(3);
  }
  expect(await sealed(cluster)).toEqual([]);
  await cluster.awaitActive(1);
  const { rows: recoveries } = await state.recoveries.list('payments', startedAt);
  expect(recoveries).toMatchObject([{ status: 'ended', ended: { outcome: 'recovered' } }]);
  expect(recoveries[0]?.passes).toBeGreaterThanOrEqual(4);
  expect((await state.generations.newest('payments'))?.value).toMatchObject({
    provenAt: expect.any(Number),
  });
  expect((await state.generations.newest('payments'))?.value.bad).toBeUndefined();
});
