/** What the hourly run knows beyond one exercise: who stands behind a provider, what fleet.yaml said, what a key was. */
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { readinessLine } from '../../../shared/work/readiness-line.ts';
import { readyFleet, readyOne } from '../../../shared/work/rotate/ready.ts';
import { fleetOf } from '../../fleet/builders.ts';
import { denied, type SealsUnderTest, sealsUnderTest, withKeyOf } from './seals-under-test.ts';

/** `by`: the name of its provider; undefined: people unseal it. */
const entry = (name: string, by?: string, more = '') =>
  `  ${name}: {nodes: ["https://${name}:8200"]${by === undefined ? '' : `, seal: {type: transit, provider: ${by}, key: k${more}}`}}`;
const fleet = (...entries: string[]) => ['version: 1', 'clusters:', ...entries, ''].join('\n');
const why = async (under: SealsUnderTest, cluster: string) => {
  const standing = (await under.rowOf(cluster))?.standing;
  return standing && 'why' in standing ? standing.why : standing?.state;
};

describe('a chain of providers', () => {
  const text = fleet(entry('a', 'b'), entry('b', 'c'), entry('c', 'd'), entry('d', 'root'), entry('root'));

  it('is told to its end, in whatever order its seals are exercised', async () => {
    const under = sealsUnderTest(text);
    under.nodes = { d: denied };
    await readyFleet(under.deps);
    expect(await under.standings()).toMatchObject({
      d: 'not-ready',
      c: 'at-risk',
      b: 'at-risk',
      a: 'at-risk',
    });
    expect(await why(under, 'c')).toBe('d, which unseals it, would not unseal itself');
    expect(await why(under, 'a')).toBe('d, on which b depends, which unseals it, would not unseal itself');
    const row = await under.rowOf('a');
    expect(row?.evidence.at(-1)).toMatch(/^d would not unseal itself after a restart: encrypt is refused/);
    // d pages: nobody else does for it.
    expect(row?.problems).toEqual([]);
  });

  it('is exercised on demand to its end: rows of before are not asked', async () => {
    const under = sealsUnderTest(text);
    await readyFleet(under.deps);
    under.nodes = { d: denied };
    expect((await readyOne(under.deps, 'a'))?.standing.state).toBe('at-risk');
    expect(under.order.slice(-4).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('whose end cannot be exercised costs the others nothing', async () => {
    const under = sealsUnderTest(text);
    under.deps.generations = async () => Promise.reject(new Error('storage is away'));
    await readyFleet(under.deps);
    expect(await under.standings()).toEqual({ a: 'ready', b: 'ready', c: 'ready', d: 'ready' });
    expect(under.lines.join('\n')).toMatch(/readiness-not-kept.*root/);
  });
});

describe('clusters that unseal each other', () => {
  const cycle = [entry('a', 'b'), entry('b', 'a'), entry('c', 'b'), entry('d')];

  it('are at risk together, and so is who hangs on them', async () => {
    const under = sealsUnderTest(fleet(...cycle));
    await readyFleet(under.deps);
    expect(await under.standings()).toEqual({ a: 'at-risk', b: 'at-risk', c: 'at-risk', d: 'unknown' });
    expect(await why(under, 'a')).toMatch(/^a and b unseal each other/);
    expect(await why(under, 'c')).toMatch(/^b and a, on which it depends, unseal each other/);
    expect((await under.rowOf('a'))?.standing).not.toHaveProperty('at');
  });

  it('are told of a dead one among them from either side', async () => {
    const under = sealsUnderTest(fleet(...cycle));
    under.nodes = { b: denied };
    await readyFleet(under.deps);
    expect(await why(under, 'a')).toBe('b, which unseals it, would not unseal itself');
    expect(await why(under, 'c')).toBe('b, which unseals it, would not unseal itself');
    expect(await under.standings()).toMatchObject({ b: 'not-ready' });
  });

  it('are ready where one of them has a rescue', async () => {
    const rescued = entry('a', 'b', ', rescue: "vault-rescue, in the safe"');
    const under = sealsUnderTest(fleet(rescued, ...cycle.slice(1)));
    await readyFleet(under.deps);
    expect(await under.standings()).toMatchObject({ a: 'ready', b: 'ready', c: 'ready' });
  });
});

it('any graph of seals: who is not ready puts everybody that it unseals at risk, however far, and nobody waits for ever', async () => {
  const graph = fc.array(
    fc.record({ by: fc.option(fc.nat({ max: 7 }), { nil: undefined }), dead: fc.boolean() }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(graph, async (drawn) => {
      const name = (n: number) => `c${n % drawn.length}`;
      const providerOf = (n: number) => {
        const by = drawn[n]?.by;
        return by === undefined || name(by) === name(n) ? undefined : by % drawn.length;
      };
      const entries = drawn.map((_, n) => {
        const by = providerOf(n);
        return entry(name(n), by === undefined ? undefined : name(by));
      });
      const under = sealsUnderTest(fleet(...entries));
      const isDead = (n: number) => drawn[n]?.dead === true && providerOf(n) !== undefined;
      under.nodes = Object.fromEntries(drawn.flatMap((_, n) => (isDead(n) ? [[name(n), denied]] : [])));
      await readyFleet(under.deps);
      const found = await under.standings();
      for (const n of drawn.keys()) {
        if (providerOf(n) === undefined) continue;
        const above = new Set<number>();
        let loops = false;
        for (let next = providerOf(n); next !== undefined; next = providerOf(next)) {
          if (above.has(next)) {
            loops = true;
            break;
          }
          above.add(next);
        }
        const risky = loops || [...above].some(isDead);
        expect(found[name(n)]).toBe(isDead(n) ? 'not-ready' : risky ? 'at-risk' : 'ready');
      }
    }),
    { numRuns: 100 },
  );
});

describe('a row', () => {
  let under: SealsUnderTest;
  const payments = (key: string) =>
    fleet(
      `  payments: {nodes: ["https://payments:8200"], seal: {type: transit, provider: root, key: ${key}}}`,
      entry('root'),
    );
  beforeEach(() => {
    under = sealsUnderTest(payments('one'));
  });

  it('that was made for another seal entry is not believed', async () => {
    await readyFleet(under.deps);
    const row = await under.rowOf('payments');
    const line = (key: string) => {
      const [cluster] = fleetOf(payments(key)).clusters;
      return cluster && readinessLine({ read: true, value: row }, cluster.seal, under.clock.now()).state;
    };
    expect([line('one'), line('two')]).toEqual(['ready', 'never']);
  });

  it('of a cluster that fleet.yaml does not have any more is removed by the hourly run, readable or not', async () => {
    await readyFleet(under.deps);
    under.state.damage({ partitionKey: 'gone', rowKey: 'latest' }, 'damaged');
    under.rewrite(fleet(entry('root')));
    await readyFleet(under.deps);
    expect(await under.state.readiness.list()).toMatchObject({ rows: [{ cluster: 'root' }], unreadable: [] });
  });

  it('that cannot be removed costs nobody anything, and is logged', async () => {
    await readyFleet(under.deps);
    under.rewrite(fleet(entry('root')));
    under.state.readiness.remove = async () => Promise.reject(new Error('storage is away'));
    await readyFleet(under.deps);
    expect(await under.standings()).toHaveProperty('payments');
    expect(under.lines.join('\n')).toMatch(/readiness-not-removed.*payments/);
  });

  it('knows since when the key is there: one that is made anew under its name is told, in every run of the week after', async () => {
    const day = 86_400;
    const today = under.clock.now() / 1000;
    const madeAt = async (seconds: number) => {
      under.nodes = { payments: () => withKeyOf(seconds) };
      await readyFleet(under.deps);
      const row = await under.rowOf('payments');
      return [row?.standing.state, ...(row?.problems ?? []).map(({ code }) => code)];
    };
    expect(await madeAt(today - 300 * day)).toEqual(['ready']);
    expect(await madeAt(today)).toEqual(['at-risk', 'seal-key-version-at-risk']);
    expect(await madeAt(today)).toEqual(['at-risk', 'seal-key-version-at-risk']);
    await under.clock.advance(7 * day * 1000);
    expect(await madeAt(today)).toEqual(['ready']);
  });

  it('of another seal entry says nothing of a key', async () => {
    const today = under.clock.now() / 1000;
    under.nodes = { payments: () => withKeyOf(today - 1_000) };
    await readyFleet(under.deps);
    under.rewrite(payments('two'));
    under.nodes = { payments: () => withKeyOf(today) };
    await readyFleet(under.deps);
    expect((await under.rowOf('payments'))?.standing.state).toBe('ready');
  });
});
