import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cluster, SecretReference } from '../../../shared/fleet/fleet.ts';
import { type KindName, kindNames } from '../../../shared/rotation/rotation.ts';
import { consumersOf, credentialOf, cycleOf, locksFor } from '../../../shared/work/rotate/seal-cycles.ts';
import { fleetOf } from '../../fleet/builders.ts';

/** `by`: the name of its provider; undefined: it is unsealed with shares. */
const sealed = (name: string, by?: string) =>
  ({
    name,
    seal:
      by === undefined ? { type: 'shamir' } : { type: 'transit', provider: by, mount: 'transit', key: name },
  }) as Cluster;

describe('a cycle of seals', () => {
  const clusters = [
    sealed('c', 'a'),
    sealed('a', 'b'),
    sealed('b', 'c'),
    sealed('hangs-on-it', 'a'),
    sealed('self', 'self'),
    sealed('lost', 'nowhere'),
    sealed('root'),
  ];

  it('is the same for each of its clusters, and sorted', () => {
    for (const name of ['a', 'b', 'c']) expect(cycleOf(clusters, name)).toEqual(['a', 'b', 'c']);
  });

  it.each(['hangs-on-it', 'self', 'lost', 'root', 'unknown'])('%s is in none but its own', (name) => {
    expect(cycleOf(clusters, name)).toEqual([name]);
  });

  it('holds whoever can be reached and reaches back, in any graph of seals', () => {
    const graph = fc.array(fc.option(fc.nat({ max: 9 }), { nil: undefined }), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(graph, (providers) => {
        const all = providers.map((by, n) => sealed(`c${n}`, by === undefined ? undefined : `c${by}`));
        const reaches = all.map(() => new Set<number>());
        // Each round goes one seal further.
        for (const _ of all)
          providers.forEach((by, n) => {
            if (by === undefined || by >= all.length) return;
            for (const next of [by, ...(reaches[by] ?? [])]) reaches[n]?.add(next);
          });
        all.forEach(({ name }, n) => {
          const both = all.flatMap((other, m) =>
            m === n || (reaches[n]?.has(m) && reaches[m]?.has(n)) ? [other.name] : [],
          );
          expect(cycleOf(all, name)).toEqual(both.toSorted());
        });
      }),
    );
  });
});

const ids = 'tenant: 8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90, clientId: b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11';
const azure = (own: string) => `{type: azurekeyvault, ${own}}`;
const transit = (own: string) => `{type: transit, provider: root, ${own}}`;
const fleet = fleetOf(
  [
    'version: 1',
    'clusters:',
    '  root: {nodes: ["https://root:8200"]}',
    '  other: {nodes: ["https://other:8200"]}',
    ...Object.entries({
      delivers: transit('key: d, token: "file:/run/seal/d"').concat(
        ', rotation: {token: {role: seal}, sinks: {disk: {kind: file, path: /run/seal/d}, vault: {kind: keyVaultSecret, vault: KV-Apps, secret: Seal-D}}}',
      ),
      'reads-the-file': transit('key: d, token: "file:/run/seal/d"'),
      'reads-the-secret': transit(
        'key: d, token: "keyvault:https://KV-APPS.vault.azure.net:443/secrets/SEAL-d"',
      ),
      'reads-another-secret': transit(
        'key: d, token: "keyvault:https://kv-apps.vault.azure.net/secrets/seal-e"',
      ),
      'reads-another-file': transit('key: d, token: "file:/run/seal/D"'),
      pinned: transit(
        `key: p, token: "keyvault:https://kv-apps.vault.azure.net/secrets/seal-p/${'0'.repeat(32)}"`,
      ),
      unpinned: transit('key: p, token: "keyvault:https://kv-apps.vault.azure.net/secrets/Seal-P"'),
      a: transit('key: k, token: "env:A"'),
      'same-token': transit('key: k2, token: "env:A"'),
      'same-key': transit('key: k, token: "env:B"'),
      'other-mount': transit('key: k, mount: seals, token: "env:C"'),
      elsewhere: transit('key: k, token: "env:A"').replace('root', 'other'),
      z: azure(`vault: kv-unseal, key: unseal, ${ids}, clientSecret: "env:Z"`),
      'same-secret': azure(`vault: kv-other, key: unseal, ${ids}, clientSecret: "env:Y"`),
      'no-secret-known': azure(ids),
      'by-certificate': azure(`vault: KV-Unseal, key: unseal, ${ids}, clientCertificate: "env:P"`),
      managed: azure('vault: kv-Unseal, key: unseal, identity: managed'),
      'other-key': azure(
        `vault: kv-unseal, key: other, ${ids.replace('8c1f7a52', '00000000')}, clientSecret: "env:Y"`,
      ),
    }).map(([name, seal]) => `  ${name}: {nodes: ["https://${name}:8200"], seal: ${seal}}`),
    '',
  ].join('\n'),
);
const named = (name: string) => fleet.clusters.find((cluster) => cluster.name === name) ?? fail(name);
function fail(name: string): never {
  throw new Error(`no cluster ${name}`);
}

describe('the consumers of a credential', () => {
  const cases = [
    ['delivers', 'transit-token', ['delivers', 'reads-the-file', 'reads-the-secret']],
    [
      'delivers',
      'transit-key',
      ['delivers', 'reads-the-file', 'reads-the-secret', 'reads-another-secret', 'reads-another-file'],
    ],
    ['pinned', 'transit-token', ['pinned', 'unpinned']],
    ['a', 'transit-token', ['a', 'same-token']],
    ['a', 'transit-key', ['a', 'same-key']],
    ['z', 'entra-secret', ['z', 'same-secret', 'no-secret-known']],
    ['z', 'keyvault-key', ['z', 'by-certificate', 'managed']],
    ['root', 'transit-key', ['root']],
  ] as const;

  it.each(cases)('%s, %s', (name, kind, consumers) => {
    expect(consumersOf(fleet, named(name), kind).map((cluster) => cluster.name)).toEqual(consumers);
  });
});

describe("a credential's name", () => {
  it.each([
    ['a', 'transit-token', 'token at root, read from env:A, tried with key transit/k'],
    ['a', 'transit-key', 'key transit/k at root'],
    [
      'z',
      'entra-secret',
      'client secret of application b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11 in tenant 8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90, tried with key unseal in Key Vault kv-unseal',
    ],
    ['by-certificate', 'keyvault-key', 'key unseal in Key Vault kv-unseal'],
  ] as const)('%s, %s: %s', (name, kind, credential) => {
    expect(credentialOf(named(name), kind)).toBe(credential);
  });

  type Seal = Record<string, unknown>;
  const of = (name: string, kind: KindName, over: Seal) =>
    credentialOf({ ...named(name), seal: { ...named(name).seal, ...over } }, kind);

  it.each<[KindName, string, Seal]>([
    ['transit-token', 'a', { provider: 'other' }],
    ['transit-token', 'a', { mount: 'seals' }],
    ['transit-token', 'a', { key: 'other' }],
    ['transit-token', 'a', { token: 'env:a' }],
    ['transit-token', 'reads-the-file', { token: 'file:/run/seal/D' }],
    ['transit-key', 'a', { provider: 'other' }],
    ['transit-key', 'a', { mount: 'seals' }],
    ['transit-key', 'a', { key: 'other' }],
    ['entra-secret', 'z', { tenant: 'another' }],
    ['entra-secret', 'z', { clientId: 'another' }],
    ['entra-secret', 'z', { vault: 'kv-other' }],
    ['entra-secret', 'z', { key: 'other' }],
    ['keyvault-key', 'z', { vault: 'kv-other' }],
    ['keyvault-key', 'z', { key: 'other' }],
  ])('%s of %s is another with %o: what is open is not gone on with there', (kind, name, over) => {
    expect(of(name, kind, over)).not.toBe(credentialOf(named(name), kind));
  });

  it.each<[KindName, string, Seal]>([
    [
      'transit-token',
      'unpinned',
      {
        token: `keyvault:https://KV-apps.vault.azure.net/secrets/sEAL-p/${'1'.repeat(32)}` as SecretReference,
      },
    ],
    ['transit-token', 'a', { address: 'https://root-1:8200', rescue: 'in the safe' }],
    ['entra-secret', 'z', { vault: 'KV-UNSEAL', key: 'Unseal', clientSecret: 'env:ELSEWHERE' }],
    ['keyvault-key', 'z', { vault: 'KV-UNSEAL', key: 'Unseal' }],
  ])('%s of %s is the same with %o', (kind, name, over) => {
    expect(of(name, kind, over)).toBe(credentialOf(named(name), kind));
  });

  it('is asked for only where there is one', () => {
    expect(() => credentialOf(named('root'), 'transit-key')).toThrow('the seal of root has no transit-key');
  });
});

describe('the locks of a rotation', () => {
  it('are taken by whichever consumer a rotation is asked for, so that two never run beside each other', () => {
    for (const kind of kindNames)
      for (const cluster of fleet.clusters) {
        const consumers = consumersOf(fleet, cluster, kind);
        const locks = locksFor(fleet, consumers, kind);
        expect(new Set(locks).size).toBe(locks.length);
        for (const consumer of consumers) {
          const own = locksFor(fleet, consumersOf(fleet, consumer, kind), kind);
          if (own.length > 0) expect(locks.filter((lock) => own.includes(lock))).not.toEqual([]);
        }
      }
  });

  it('hold a token by every name that its consumers have for it', () => {
    const cluster = named('delivers');
    expect(locksFor(fleet, consumersOf(fleet, cluster, 'transit-token'), 'transit-token')).toEqual([
      'token at root, read from file:/run/seal/d',
      'token at root, read from keyvault:https://kv-apps.vault.azure.net/secrets/seal-d',
    ]);
  });

  const ring = (...names: string[]) => names.map((name, n) => sealed(name, names[(n + 1) % names.length]));
  const members = (clusters: Cluster[], name: string) =>
    locksFor(
      { clusters },
      clusters.filter((cluster) => cluster.name === name),
      'keyvault-key',
    );

  it('hold each cluster of a cycle by itself: an edit that makes it longer or shorter leaves some in common', () => {
    const before = members(ring('a', 'b', 'c'), 'a');
    expect(before).toEqual(['cycle-member a', 'cycle-member b', 'cycle-member c']);
    const after = members(ring('c', 'd'), 'd');
    expect(after.filter((lock) => before.includes(lock))).toEqual(['cycle-member c']);
  });

  it('hold nobody who only hangs on a cycle, or unseals itself', () => {
    const clusters = [...ring('a', 'b'), sealed('hangs', 'a'), sealed('self', 'self'), sealed('root')];
    for (const name of ['hangs', 'self', 'root']) expect(members(clusters, name)).toEqual([]);
  });
});
