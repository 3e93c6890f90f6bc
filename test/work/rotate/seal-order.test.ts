import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Cluster } from '../../../shared/fleet/fleet.ts';
import { inOrder } from '../../../shared/work/rotate/seal-order.ts';

/** `by`: the name of its provider; undefined: it is unsealed with shares. */
const cluster = (name: string, by?: string) =>
  ({
    name,
    seal:
      by === undefined ? { type: 'shamir' } : { type: 'transit', provider: by, mount: 'transit', key: name },
  }) as Cluster;
const namesOf = (clusters: Cluster[]) => inOrder(clusters).map((group) => group.map(({ name }) => name));

it('who unseals others comes before them, whatever order fleet.yaml has', () => {
  const clusters = [
    cluster('payments', 'hub'),
    cluster('orders', 'root'),
    cluster('hub', 'root'),
    cluster('root'),
  ];
  expect(namesOf(clusters)).toEqual([['root'], ['orders', 'hub'], ['payments']]);
});

it('a cycle of seals ends up together with what hangs on it: there is no first', () => {
  const clusters = [cluster('a', 'b'), cluster('b', 'a'), cluster('c', 'b'), cluster('d')];
  expect(namesOf(clusters)).toEqual([['d'], ['a', 'b', 'c']]);
});

it('any graph of seals: each cluster once, and no provider after its consumer unless they depend on each other', () => {
  const graph = fc.array(fc.option(fc.nat({ max: 9 }), { nil: undefined }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(graph, (providers) => {
      const clusters = providers.map((by, n) => cluster(`c${n}`, by === undefined ? undefined : `c${by}`));
      const groups = namesOf(clusters);
      expect(groups.flat().toSorted()).toEqual(clusters.map(({ name }) => name).toSorted());
      const groupOf = (name: string) => groups.findIndex((group) => group.includes(name));
      for (const { name, seal } of clusters) {
        if (seal.type !== 'transit' || groupOf(seal.provider) < 0) continue;
        expect(groupOf(seal.provider)).toBeLessThanOrEqual(groupOf(name));
      }
    }),
  );
});
