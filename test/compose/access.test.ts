import { describe, expect, it } from 'vitest';
import { AccessPool } from '../../shared/compose/access.ts';
import type { Cluster, Fleet } from '../../shared/fleet/fleet.ts';
import type { ClusterAccess } from '../../shared/probe/gather.ts';
import { ManualClock } from '../fakes/clock.ts';
import { file as fileOf, fleetOf } from '../fleet/builders.ts';

const minute = 60_000;

/** Nothing listens there; nothing leaves this machine. */
const file = (...lines: Parameters<typeof fileOf>) => fileOf(...lines).replace('vault-0:8200', 'localhost:1');

function withCa(...more: string[]): Fleet {
  return fleetOf(file(['tls: {ca: "file:/etc/sealwatch/ca.pem"}', ...more]));
}

/** A pool over a file that can be there or not. */
function pool() {
  const clock = new ManualClock();
  const files = new Map([['file:/etc/sealwatch/ca.pem', 'first']]);
  let reads = 0;
  const made = new AccessPool({
    clock,
    async resolve(reference) {
      reads += 1;
      const value = files.get(reference);
      return value === undefined ? { ok: false, message: `${reference}: no such file` } : { ok: true, value };
    },
    tokens: () => undefined,
    keepAliveMs: 1000,
  });
  return {
    clock,
    files,
    reads: () => reads,
    pool: made,
    get: (fleet: Fleet, cluster = fleet.clusters[0] as Cluster) => made.access(cluster, fleet),
  };
}

const clientOf = (access: ClusterAccess) => [...access.clients.values()][0];

async function isClosed(access: ClusterAccess): Promise<boolean> {
  const target = clientOf(access);
  if (!target?.ok) throw new Error('no client');
  const answer = await target.client.health({ timeoutMs: 1 });
  return !answer.ok && answer.error.message.includes('the client is closed');
}

describe('clients of a cluster', () => {
  it('are kept from sweep to sweep, without reading references each time', async () => {
    const { get, reads } = pool();
    const fleet = withCa();
    const first = await get(fleet);
    expect(await get(fleet)).toBe(first);
    expect(reads()).toBe(1);
  });

  it('are kept when only what they do not rest on changes', async () => {
    const { get } = pool();
    const first = await get(withCa());
    expect(await get(withCa('labels: {team: core}', 'thresholds: {peerDead: 20s}'))).toBe(first);
  });

  it.each([
    ['an address', file(['tls: {ca: "file:/etc/sealwatch/ca.pem"}']).replace('localhost:1', 'localhost:2')],
    [
      'the login',
      file([
        'tls: {ca: "file:/etc/sealwatch/ca.pem"}',
        'login: {method: token, token: "env:SEALWATCH_SECRET_T"}',
      ]),
    ],
    ['a timeout', file(['tls: {ca: "file:/etc/sealwatch/ca.pem"}'], ['probe: {totalTimeout: 9s}'])],
  ])('are made anew when %s changes, and the old ones closed', async (_what, text) => {
    const { get } = pool();
    const first = await get(withCa());
    expect(await get(fleetOf(text))).not.toBe(first);
    expect(await isClosed(first)).toBe(true);
  });

  it('are made anew when a certificate was renewed in place, within five minutes', async () => {
    const { get, files, clock } = pool();
    const fleet = withCa();
    const first = await get(fleet);
    files.set('file:/etc/sealwatch/ca.pem', 'second');
    expect(await get(fleet)).toBe(first);
    await clock.advance(5 * minute);
    expect(await get(fleet)).not.toBe(first);
    expect(await isClosed(first)).toBe(true);
  });

  it('are closed when their cluster leaves the fleet', async () => {
    const { get } = pool();
    const first = await get(withCa());
    await get(fleetOf(file().replace('payments', 'orders')));
    expect(await isClosed(first)).toBe(true);
  });

  it('are opened once by two sweeps at the same time', async () => {
    const { get } = pool();
    const fleet = withCa();
    const [one, other] = await Promise.all([get(fleet), get(fleet)]);
    expect(one).toBe(other);
  });
});

describe('a reference that cannot be read', () => {
  it('names the field and the reference in place of a client', async () => {
    const { get, files } = pool();
    files.clear();
    expect(clientOf(await get(withCa()))).toMatchObject({
      ok: false,
      error: {
        code: 'tls-untrusted',
        message: 'tls.ca of fleet.yaml cannot be read: file:/etc/sealwatch/ca.pem: no such file',
      },
    });
  });

  it('is read again in each sweep, and its cluster watched as soon as it is there', async () => {
    const { get, files, clock } = pool();
    const fleet = withCa();
    files.clear();
    for (let sweep = 0; sweep < 3; sweep += 1) {
      expect(clientOf(await get(fleet))).toMatchObject({ ok: false });
      await clock.advance(30_000);
    }
    files.set('file:/etc/sealwatch/ca.pem', 'first');
    expect(clientOf(await get(fleet))).toMatchObject({ ok: true });
  });

  it('does not blind the watch when it was readable before', async () => {
    const { get, files, clock, reads } = pool();
    const fleet = withCa();
    const first = await get(fleet);
    files.clear();
    await clock.advance(5 * minute);
    expect(await get(fleet)).toBe(first);
    // …and is tried again each time, not after another five minutes.
    const before = reads();
    await get(fleet);
    expect(reads()).toBe(before + 1);
    expect(await isClosed(first)).toBe(false);
  });
});
