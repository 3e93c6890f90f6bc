/** What rotate sees of consumers that are real, through restarts and step-downs; and the step-down with a login of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { composeRotate } from '../../../shared/compose/rotate.ts';
import type { Cluster } from '../../../shared/fleet/fleet.ts';
import type { RotateDeps } from '../../../shared/work/rotate/deps.ts';
import { memoryRotateState } from '../../fakes/state/rotate-memory.ts';
import { until } from '../../servers/until.ts';
import type { ClusterNode } from '../../servers/vault-cluster.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';

/** The plan's own margin: what a start time may be off by, ms. */
const margin = 5_000;

let folder: string;
let alone: WatchedCluster;
let three: WatchedCluster;
let env: Record<string, string>;
let lines: string[];
let deps: RotateDeps;
let clusters: Map<string, Cluster>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-sight-'));
  alone = await startHealthyCluster({ name: 'alone', nodes: 1, telemetry: true });
  three = await startHealthyCluster({ name: 'three', nodes: 3, fastElections: true });
  for (const cluster of [alone, three]) {
    await cluster.write('POST', 'sys/policies/acl/step-down', {
      policy: 'path "sys/step-down" { capabilities = ["update", "sudo"] }',
    });
  }
  const path = join(folder, 'fleet.yaml');
  const login = (token: string) => ({ method: 'token', token: `env:SEALWATCH_SECRET_${token}` });
  env = {
    SEALWATCH_FLEET: path,
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    SEALWATCH_SECRET_ALONE: await tokenWith(alone, ['step-down']),
    SEALWATCH_SECRET_THREE: await tokenWith(three, ['step-down']),
    SEALWATCH_SECRET_WEAK: await tokenWith(three, ['default']),
  };
  const entries = {
    alone: entryOf(alone, { rotateLogin: login('ALONE') }),
    three: entryOf(three, { login: login('WEAK'), rotateLogin: login('THREE') }),
    weak: entryOf(three, { login: login('WEAK') }, three.nodes.slice(0, 3)),
  };
  lines = [];
  const compose = async (name: keyof typeof entries) => {
    writeFileSync(path, stringify({ version: 1, clusters: { [name]: entries[name] } }));
    ({ deps } = composeRotate(env, { state: memoryRotateState(), write: (line) => lines.push(line) }));
    const { fleet } = await deps.loadFleet();
    const [cluster] = fleet.clusters;
    if (!cluster) throw new Error('no cluster');
    return [name, cluster] as const;
  };
  clusters = new Map([await compose('alone'), await compose('three'), await compose('weak')]);
});
afterAll(async () => {
  await Promise.all([alone?.close(), three?.close()]);
  rmSync(folder, { recursive: true });
});

const Made = z.object({ auth: z.object({ client_token: z.string() }) });
async function tokenWith(cluster: WatchedCluster, policies: string[]): Promise<string> {
  const body = { policies, no_default_policy: false, period: '24h' };
  return Made.parse(await cluster.write('POST', 'auth/token/create-orphan', body)).auth.client_token;
}

function clusterOf(name: string): Cluster {
  const cluster = clusters.get(name);
  if (!cluster) throw new Error(`no cluster ${name}`);
  return cluster;
}
const sight = (name: string) => deps.sight(clusterOf(name));
const startOf = ({ startedAt }: ClusterNode) => performance.timeOrigin + startedAt;

/** Until somebody leads since later than that. */
const leadsSinceAfter = (name: string, before: number) =>
  until(`${name} has a new leader`, 60, async () => {
    const { leaderSince } = await sight(name);
    return leaderSince !== undefined && leaderSince > before ? leaderSince : undefined;
  });

it('sees the start of a node, and the next one after it was restarted', async () => {
  const [node] = alone.nodes;
  if (!node) throw new Error('no node');
  const first = await sight('alone');
  const started = first.nodes[0]?.startedAt ?? 0;
  expect(Math.abs(started - startOf(node))).toBeLessThan(margin);
  expect(first.leaderSince).toBeGreaterThanOrEqual(started);
  const before = Date.now();
  await alone.kill(node.name);
  expect(await sight('alone')).toMatchObject({
    nodes: [{ unseen: expect.stringContaining('refused') as string }],
    leaderUnseen: expect.stringContaining('did not answer') as string,
  });
  await alone.start(node.name);
  // Sealed, it shows its start all the same, and does not lead.
  const sealed = await sight('alone');
  expect(sealed.nodes[0]?.startedAt).toBeGreaterThan(before - margin);
  expect(Math.abs((sealed.nodes[0]?.startedAt ?? 0) - startOf(node))).toBeLessThan(margin);
  expect(sealed.leaderSince).toBeUndefined();
  await alone.unseal(node.name);
  expect(await leadsSinceAfter('alone', before)).toBeGreaterThanOrEqual(sealed.nodes[0]?.startedAt ?? 0);
});

it('a node alone that steps down leads anew, in the same process', async () => {
  const before = await sight('alone');
  expect(await deps.stepDown(clusterOf('alone'))).toEqual({ ok: true, value: undefined });
  await leadsSinceAfter('alone', before.leaderSince ?? 0);
  const after = await sight('alone');
  expect(Math.abs((after.nodes[0]?.startedAt ?? 0) - (before.nodes[0]?.startedAt ?? 1e15))).toBeLessThan(
    margin,
  );
});

it('without metrics no start is seen, and of the leader since when it leads: through a step-down and a kill', async () => {
  const before = await sight('three');
  expect(before.nodes.map(({ startedAt }) => startedAt)).toEqual([undefined, undefined, undefined]);
  expect(before.nodes[0]?.unseen).toContain('unauthenticated_metrics_access = true');
  const first = before.leaderSince ?? 0;
  expect(first).toBeGreaterThan(0);
  const led = (await three.awaitActive()).name;
  expect(await deps.stepDown(clusterOf('three'))).toEqual({ ok: true, value: undefined });
  const second = await leadsSinceAfter('three', first);
  const leads = (await three.awaitActive()).name;
  expect(leads).not.toBe(led);
  await three.kill(leads);
  expect(await leadsSinceAfter('three', second)).toBeGreaterThan(second);
  await three.whole();
});

it('a login without the policy is refused with the line that it lacks, and nobody steps down', async () => {
  const { leaderSince } = await sight('weak');
  const refused = await deps.stepDown(clusterOf('weak'));
  expect(refused).toEqual({
    ok: false,
    code: 'denied',
    detail: expect.stringContaining('path "sys/step-down" { capabilities = ["update", "sudo"] }') as string,
  });
  expect((await sight('weak')).leaderSince).toBe(leaderSince);
  for (const secret of ['ALONE', 'THREE', 'WEAK'])
    expect(JSON.stringify([refused, lines])).not.toContain(env[`SEALWATCH_SECRET_${secret}`]);
});
