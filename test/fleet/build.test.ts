import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isScalar, parseDocument, visit } from 'yaml';
import type { Fleet } from '../../shared/fleet/fleet.ts';
import { parseFleet } from '../../shared/fleet/parse.ts';
import { createAuthority } from '../fakes/pki.ts';
import { file, fleetOf, limits, toldOf } from './builders.ts';

const example = readFileSync(new URL('../../fleet.example.yaml', import.meta.url), 'utf8');
const smallest = fleetOf(file());

describe('the smallest file', () => {
  it('has every default filled in', () => {
    expect(smallest).toEqual({
      clusters: [
        {
          name: 'payments',
          nodes: [{ name: 'vault-0', address: 'https://vault-0:8200' }],
          tls: { pins: [] },
          expect: {},
          seal: { type: 'shamir' },
          labels: {},
          thresholds: {
            certificateWarningMs: 30 * 86_400_000,
            certificateCriticalMs: 3 * 86_400_000,
            peerDeadMs: 15_000,
            peerLagEntries: 1000,
            cleanupMinimumMs: 3_600_000,
            restartLoopCount: 3,
            restartWindowMs: 600_000,
            unsealStalledMs: 600_000,
          },
          unknownSealCause: 'approval',
          recovery: {
            policy: 'manual',
            approvals: 1,
            attempts: 3,
            attemptWindowMs: 3_600_000,
            nodeUnseals: 5,
            foreignProgress: { afterMs: 120_000, then: 'report' },
          },
          escrow: { custodians: [] },
          notify: [],
        },
      ],
      channels: [],
      probe: {
        connectTimeoutMs: 3000,
        headersTimeoutMs: 7000,
        totalTimeoutMs: 8000,
        deadlineMs: 25_000,
        concurrency: 1000,
        maxResponseBytes: 262_144,
        confirmAfterMs: 500,
        batches: { from: 2000, clusters: 200, durationMs: 5000 },
        warmNodes: 10_000,
      },
      alerts: {
        pendingMs: { critical: 0, warning: 30_000, info: 60_000 },
        reminderMs: { critical: 3_600_000, warning: 86_400_000, info: 0 },
      },
      hash: createHash('sha256').update(file()).digest('hex'),
    } satisfies Fleet);
  });
});

describe('what a field says reaches the fleet:', () => {
  /** Every scalar of the example, by its place in the text. */
  const scalars: { path: string; offset: number }[] = [];
  visit(parseDocument(example), {
    Scalar(key, scalar, ancestors) {
      const path = ancestors.flatMap((node) =>
        'key' in node && isScalar(node.key) ? [String(node.key.value)] : [],
      );
      if (key !== 'key') scalars.push({ path: path.join('.'), offset: scalar.range?.[0] ?? 0 });
    },
  });
  /** The fleet without a part of the file, as far as it is still good. */
  const { hash: _, ...whole } = fleetOf(example);

  it.each(scalars.map(({ path, offset }) => [path, offset] as const))('%s', (path, offset) => {
    const changed = parseDocument(example);
    visit(changed, {
      Scalar(__, scalar) {
        if (scalar.range?.[0] === offset) scalar.value = other(path, scalar.value);
      },
    });
    const parsed = parseFleet(
      changed.toString(),
      limits({ endpointHosts: ['events.example.com', 'other.example.com'] }),
    );
    if (path === 'version') return expect(parsed.ok).toBe(false);
    if (!parsed.ok)
      return expect(parsed.problems.map(({ path: at }) => at).join()).toContain(path.split('.').at(-1));
    const { hash: __, ...fleet } = parsed.fleet;
    expect(fleet).not.toEqual(whole);
  });

  /** Another value that is as good, where one can be made without knowing the field. */
  function other(path: string, value: unknown): unknown {
    const swaps: Record<string, unknown> = {
      approval: 'automatic',
      manual: 'automatic',
      report: 'reset',
      raft: 'etcd',
      info: 'warning',
      critical: 'warning',
      '3f2504e0-4f89-41d3-9a0c-0305e82c3301': '4f2504e0-4f89-41d3-9a0c-0305e82c3301',
      '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=': '57DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
      'https://events.example.com/vault': 'https://other.example.com/vault',
    };
    if (typeof value === 'number') return value + 1;
    const text = String(value);
    if (text in swaps) return swaps[text];
    const duration = /^(\d+)(\w+)$/.exec(text);
    if (duration) return `${Number(duration[1]) + 1}${duration[2]}`;
    if (text.startsWith('https://vault')) return text.replace('8200', '8201');
    if (/\.(kind|method|type)$/.test(path)) return 'none';
    return `${text}x`;
  }
});

describe('a cluster', () => {
  it("takes the fleet's thresholds where it has none of its own", () => {
    const fleet = fleetOf(
      file(['thresholds: {peerDead: 1m}'], ['thresholds: {peerDead: 30s, peerLagEntries: 7}']),
    );
    expect(fleet.clusters[0]?.thresholds).toMatchObject({
      peerDeadMs: 60_000,
      peerLagEntries: 7,
      restartLoopCount: 3,
    });
  });

  it('notifies every channel unless it names some', () => {
    const channels = [
      'channels:',
      '  a: {kind: slack, url: env:SEALWATCH_SECRET_A}',
      '  b: {kind: teams, url: env:SEALWATCH_SECRET_B}',
    ];
    expect(fleetOf(file([], channels)).clusters[0]?.notify).toEqual(['a', 'b']);
    expect(fleetOf(file(['notify: [b]'], channels)).clusters[0]?.notify).toEqual(['b']);
  });

  it('calls nodes by their hosts, with ports only where hosts repeat', () => {
    const nodes =
      'https://v:8200, https://v, {address: https://w:8200}, {address: https://x:8200, name: mine}, "https://[::1]:8200"';
    const fleet = fleetOf(`version: 1\nclusters: {a: {nodes: [${nodes}]}}\n`);
    expect(fleet.clusters[0]?.nodes.map(({ name }) => name)).toEqual([
      'v:8200',
      'v:443',
      'w',
      'mine',
      '[::1]',
    ]);
  });

  it('may hold the PEM text of its CA', async () => {
    const { certPem } = await createAuthority('test');
    const tls = { ca: certPem };
    expect(fleetOf(file([`tls: ${JSON.stringify(tls)}`])).clusters[0]?.tls).toEqual({
      ca: certPem,
      pins: [],
    });
  });

  it('may share a block with others through an anchor, however many they are', () => {
    const others = Array.from({ length: 200 }, (_, n) => `  c${n}: {nodes: [https://v${n}:8200], tls: *tls}`);
    const fleet = fleetOf(file(['tls: &tls {serverName: vault.example.com}'], others));
    expect(fleet.clusters).toHaveLength(201);
    expect(new Set(fleet.clusters.map(({ tls }) => tls.serverName))).toEqual(new Set(['vault.example.com']));
  });

  it('may not be called like a value of JSON: a queue message would arrive as something else', () => {
    const text =
      'version: 1\nclusters:\n  123: {nodes: [https://a:8200]}\n  null: {nodes: [https://b:8200]}\n  true-north: {nodes: [https://c:8200]}\n';
    const told = toldOf(text);
    expect(told).toHaveLength(2);
    for (const line of told) expect(line).toContain('not a name for a cluster');
  });
});

describe('a fleet of 5,000 clusters', () => {
  const clusters = Array.from({ length: 5000 }, (_, n) =>
    [
      `  c${n}:`,
      `    nodes: [https://c${n}-0.example.com:8200, https://c${n}-1.example.com:8200, https://c${n}-2.example.com:8200]`,
      '    login: {method: jwt, role: probe, audience: api://vault}',
      `    labels: {team: t${n % 7}}`,
    ].join('\n'),
  );
  const text = ['version: 1', 'clusters:', ...clusters].join('\n');

  it('is read', () => {
    expect(fleetOf(text).clusters).toHaveLength(5000);
  });

  it('is refused with every problem when each cluster has one', () => {
    expect(toldOf(text.replaceAll('labels', 'lables'))).toHaveLength(5000);
  });
});
