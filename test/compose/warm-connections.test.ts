/** Which connections stay open between the uses of clusters: `probe.warmNodes`. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessPool } from '../../shared/compose/access.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import type { Fleet } from '../../shared/fleet/fleet.ts';
import type { ClusterAccess } from '../../shared/probe/gather.ts';
import type { VaultClient } from '../../shared/vault/client.ts';
import type { LeasedAccess } from '../../shared/work/deps.ts';
import { healthy } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { fleetOf } from '../fleet/builders.ts';

const sizes: Record<string, number> = { a: 1, b: 2, c: 3, d: 1, e: 2 };
const names = Object.keys(sizes);

/** One for each node of each cluster. */
const vaults = new Map<string, Endpoint[]>();
beforeAll(async () => {
  for (const [name, size] of Object.entries(sizes)) {
    const nodes = Array.from({ length: size }, () => startEndpoint({ behaviour: healthy }));
    vaults.set(name, await Promise.all(nodes));
  }
});
afterAll(() => Promise.all([...vaults.values()].flat().map((vault) => vault.close())));

function fleetWith(warmNodes: number): Fleet {
  const entries = [...vaults].map(
    ([name, nodes]) => `  ${name}: {nodes: [${nodes.map(({ address }) => `"${address}"`).join(', ')}]}`,
  );
  return fleetOf(['version: 1', `probe: {warmNodes: ${warmNodes}}`, 'clusters:', ...entries, ''].join('\n'));
}

class Warmth {
  /** Sources of tokens that were made: each would log in anew. */
  logins = 0;
  readonly #pool = new AccessPool({
    clock: systemClock,
    resolve: async (value) => ({ ok: true, value }),
    tokens: () => {
      this.logins += 1;
      return { token: () => Promise.reject(new Error('nobody asks')), invalidate: () => undefined };
    },
    keepAliveMs: 100_000,
  });
  #fleet: Fleet;

  constructor(warmNodes: number) {
    this.#fleet = fleetWith(warmNodes);
  }

  limit(warmNodes: number): void {
    this.#fleet = fleetWith(warmNodes);
  }

  async take(name: string): Promise<LeasedAccess> {
    const cluster = this.#fleet.clusters.find((one) => one.name === name);
    if (!cluster) throw new Error(`no cluster ${name}`);
    return this.#pool.access(cluster, this.#fleet);
  }

  /** Asks all nodes, and gives the clients back. Whether the connections were still those of before. */
  async use(name: string): Promise<boolean> {
    const access = await this.take(name);
    const before = lastIds.get(access.clients);
    const kept = isEqual(before, await ask(access));
    access.release();
    return kept;
  }

  close(): void {
    this.#pool.close();
  }
}

/** Of the last time that these clients were asked: the number of each one's connection. */
const lastIds = new WeakMap<ClusterAccess['clients'], number[]>();

async function ask({ clients }: ClusterAccess): Promise<number[]> {
  const idOf = async (target: { ok: true; client: VaultClient } | { ok: false }) => {
    const answer = target.ok && (await target.client.health());
    if (!answer || !answer.ok || !answer.connection) throw new Error(`no answer: ${JSON.stringify(answer)}`);
    return answer.connection.id;
  };
  const ids = await Promise.all([...clients.values()].map(idOf));
  lastIds.set(clients, ids);
  return ids;
}

const isEqual = (one: number[] | undefined, other: number[]) => String(one) === String(other);

describe('connections of a cluster', () => {
  it('stay open for those that were used last, up to so many nodes', async () => {
    const warmth = new Warmth(5);
    for (const name of ['a', 'b', 'c']) await warmth.use(name);
    // a, b, c are six nodes: a had to go. Using b again leaves c the oldest.
    expect(await warmth.use('b')).toBe(true);
    expect(await warmth.use('a')).toBe(false);
    expect(await warmth.use('c')).toBe(false);
    warmth.close();
  });

  it('are ended after each use by warmNodes: 0', async () => {
    const warmth = new Warmth(0);
    expect([await warmth.use('a'), await warmth.use('a'), await warmth.use('a')]).toEqual([
      false,
      false,
      false,
    ]);
    warmth.close();
  });

  it('end without the login: the tokens of a cluster are those of before', async () => {
    const warmth = new Warmth(0);
    const [first, second] = [await warmth.take('b'), await warmth.take('b')];
    first.release();
    second.release();
    const later = await warmth.take('b');
    expect(later.tokens).toBe(first.tokens);
    expect(later.startsAsked).toBe(first.startsAsked);
    expect(warmth.logins).toBe(1);
    warmth.close();
  });

  it('all stay open where more are allowed than the fleet has', async () => {
    const warmth = new Warmth(100);
    for (const name of names) await warmth.use(name);
    for (const name of names) expect(await warmth.use(name), name).toBe(true);
    warmth.close();
  });

  it('follow a limit that changes, and are not made anew for that', async () => {
    const warmth = new Warmth(100);
    for (const name of names) await warmth.use(name);
    warmth.limit(3);
    // e, and d before it; c would be two too many.
    for (const name of ['e', 'd']) expect(await warmth.use(name), name).toBe(true);
    for (const name of ['a', 'b', 'c']) expect(await warmth.use(name), name).toBe(false);
    warmth.close();
  });

  it('stay open while anybody uses them, whatever others do', async () => {
    const warmth = new Warmth(0);
    const [sweep, nudge] = [await warmth.take('b'), await warmth.take('b')];
    const ids = await ask(sweep);
    nudge.release();
    nudge.release();
    for (const name of names) await warmth.use(name === 'b' ? 'a' : name);
    expect(await ask(sweep)).toEqual(ids);
    sweep.release();
    expect(await warmth.use('b')).toBe(false);
    warmth.close();
  });

  it('are those that a list of least recent use says, in any order of uses that overlap', async () => {
    const step = fc.record({ name: fc.constantFrom(...names), end: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 10 }),
        fc.array(step, { maxLength: 25 }),
        async (most, steps) => {
          const warmth = new Warmth(most);
          const held = new Map<string, LeasedAccess[]>();
          /** Not used, the connections open; the newest at the end. */
          let idle: string[] = [];
          for (const { name, end } of steps) {
            const leases = held.get(name) ?? [];
            const lease = end ? leases.pop() : undefined;
            if (lease) {
              lease.release();
              if (leases.length === 0) idle.push(name);
              while (nodesOf(idle) > most) idle.shift();
              expect(nodesOf(idle)).toBeLessThanOrEqual(most);
            } else {
              const taken = await warmth.take(name);
              const isWarm = idle.includes(name) || leases.length > 0;
              idle = idle.filter((other) => other !== name);
              const before = lastIds.get(taken.clients);
              expect(isEqual(before, await ask(taken))).toBe(isWarm);
              held.set(name, [...leases, taken]);
            }
            for (const [open] of held.values())
              if (open) expect(lastIds.get(open.clients)).toEqual(await ask(open));
          }
          warmth.close();
        },
      ),
      { numRuns: 25 },
    );
  });
});

const nodesOf = (idle: string[]) => idle.reduce((sum, name) => sum + (sizes[name] ?? 0), 0);
