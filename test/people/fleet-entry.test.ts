import { describe, expect, it } from 'vitest';
import type { Cluster, SecretReference } from '../../shared/fleet/fleet.ts';
import { fleetEntryHash } from '../../shared/people/fleet-entry.ts';

const reference = (text: string) => text as SecretReference;

function cluster(over: Partial<Cluster> = {}): Cluster {
  return {
    name: 'payments',
    nodes: [
      { name: 'vault-0', address: 'https://vault-0.example.com:8200', nodeId: 'n0' },
      { name: 'vault-1', address: 'https://vault-1.example.com:8200' },
    ],
    tls: { ca: reference('file:/etc/ca.pem'), serverName: 'vault', pins: ['AAAA'] },
    login: { method: 'token', token: reference('env:SEALWATCH_SECRET_T') },
    rotateLogin: { method: 'token', token: reference('env:SEALWATCH_SECRET_R') },
    expect: { voters: 2 },
    seal: { type: 'shamir' },
    rotation: {
      transitKey: { everyMs: 1, raiseMinimum: false },
      sinks: [{ name: 'file', kind: 'file', path: '/sinks/token', withinMs: 1 }],
      stepDown: false,
      graceMs: 1,
      overdueMs: 1,
      keptSince: 1,
    },
    labels: { team: 'pay' },
    thresholds: {
      certificateWarningMs: 1,
      certificateCriticalMs: 1,
      peerDeadMs: 1,
      peerLagEntries: 1,
      cleanupMinimumMs: 1,
      restartLoopCount: 1,
      restartWindowMs: 1,
      unsealStalledMs: 1,
    },
    unknownSealCause: 'approval',
    recovery: {
      policy: 'manual',
      approvals: 2,
      attempts: 3,
      attemptWindowMs: 1,
      nodeUnseals: 3,
      foreignProgress: { afterMs: 1, then: 'report' },
    },
    escrow: {
      custodians: [
        { name: 'a', kind: 'keyVault', key: 'https://a.vault.azure.net/keys/k', shares: [1, 2], owner: 'A' },
        { name: 'b', kind: 'local', passphrase: reference('env:SEALWATCH_SECRET_B'), shares: [3] },
      ],
    },
    notify: ['pager'],
    ...over,
  };
}

/** The same value with one leaf changed or one entry taken out, once for each leaf and entry, by its path. */
function changes(value: unknown, path = ''): [string, unknown][] {
  if (Array.isArray(value)) {
    const shorter = value.map((_, i) => [`${path}[-${i}]`, value.toSpliced(i, 1)] as [string, unknown]);
    const longer: [string, unknown] = [`${path}[+]`, [...value, value[0]]];
    return [
      ...shorter,
      longer,
      ...value.flatMap((item, i) => inside(item, `${path}[${i}]`, (changed) => value.with(i, changed))),
    ];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, field]) => {
      const { [name as keyof typeof value]: _, ...without } = value;
      const removed: [string, unknown] = [`${path}.-${name}`, without];
      return [removed, ...inside(field, `${path}.${name}`, (changed) => ({ ...value, [name]: changed }))];
    });
  }
  return [[path, typeof value === 'number' ? value + 1 : `${String(value)}x`]];
}

function inside(value: unknown, path: string, put: (changed: unknown) => unknown): [string, unknown][] {
  return changes(value, path).map(([at, changed]) => [at, put(changed)]);
}

describe('the hash of a cluster’s fleet.yaml entry', () => {
  it('is a SHA-256 in hex', () => {
    expect(fleetEntryHash(cluster())).toMatch(/^[0-9a-f]{64}$/);
  });

  it('changes with every field, entry and value of it, and never to the same', () => {
    const changed = changes(cluster()).map(
      ([path, value]) => [path, fleetEntryHash(value as Cluster)] as const,
    );
    expect(changed.length).toBeGreaterThan(80);
    const same = changed.filter(([, hash]) => hash === fleetEntryHash(cluster()));
    expect(same.map(([path]) => path)).toEqual([]);
    for (const field of [
      'nodes',
      'tls',
      'seal',
      'recovery',
      'escrow',
      'unknownSealCause',
      'thresholds',
      'expect',
      'labels',
      'notify',
      'login',
    ]) {
      expect(changed.some(([path]) => path.startsWith(`.${field}`))).toBe(true);
    }
  });

  it('changes with the order of nodes and of custodians', () => {
    const { nodes, escrow } = cluster();
    expect(fleetEntryHash(cluster({ nodes: nodes.toReversed() }))).not.toBe(fleetEntryHash(cluster()));
    const turned = { custodians: escrow.custodians.toReversed() };
    expect(fleetEntryHash(cluster({ escrow: turned }))).not.toBe(fleetEntryHash(cluster()));
  });

  it('does not change with the order of keys, at any depth', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([name, field]) => [name, turned(field)]),
      );
    };
    expect(fleetEntryHash(turned(cluster()) as Cluster)).toBe(fleetEntryHash(cluster()));
  });

  it('tells texts apart from the structure around them', () => {
    const joined = cluster({ labels: { 'a":"b","c': 'd' } });
    const split = cluster({ labels: { a: 'b', c: 'd' } });
    expect(fleetEntryHash(joined)).not.toBe(fleetEntryHash(split));
  });
});
