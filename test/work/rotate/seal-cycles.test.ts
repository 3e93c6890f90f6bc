import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../shared/fleet/fleet.ts';
import { kindNames } from '../../../shared/rotation/rotation.ts';
import { consumersOf, credentialOf, cycleOf } from '../../../shared/work/rotate/seal-cycles.ts';
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
    ['a', 'transit-token', 'token at root, read from env:A'],
    ['a', 'transit-key', 'key transit/k at root'],
    [
      'z',
      'entra-secret',
      'client secret of application b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11 in tenant 8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90',
    ],
    ['by-certificate', 'keyvault-key', 'key unseal in Key Vault kv-unseal'],
  ] as const)('%s, %s: %s', (name, kind, credential) => {
    expect(credentialOf(named(name), kind)).toBe(credential);
  });

  it('is shared by the consumers, and by nobody else', () => {
    for (const kind of kindNames)
      for (const cluster of fleet.clusters) {
        const consumers = consumersOf(fleet, cluster, kind);
        if (consumers.length < 2) continue;
        const shared = credentialOf(cluster, kind);
        for (const consumer of consumers) expect(credentialOf(consumer, kind)).toBe(shared);
      }
  });

  it('is asked for only where there is one', () => {
    expect(() => credentialOf(named('root'), 'transit-key')).toThrow('the seal of root has no transit-key');
  });
});
