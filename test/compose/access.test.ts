import { beforeAll, describe, expect, it } from 'vitest';
import { AccessPool } from '../../shared/compose/access.ts';
import type { Cluster, Fleet } from '../../shared/fleet/fleet.ts';
import type { ClusterAccess } from '../../shared/probe/gather.ts';
import { NotSwept, reasonOf } from '../../shared/work/not-swept.ts';
import { ManualClock } from '../fakes/clock.ts';
import { createAuthority, type IssuedCertificate } from '../fakes/pki.ts';
import { file as fileOf, fleetOf } from '../fleet/builders.ts';

const minute = 60_000;
const ca = 'file:/etc/sealwatch/ca.pem';
const certificate = 'file:/etc/sealwatch/client.pem';
const key = 'file:/etc/sealwatch/client-key.pem';

let first = '';
let second = '';
let mine: IssuedCertificate;
let next: IssuedCertificate;

beforeAll(async () => {
  const [one, other] = await Promise.all([createAuthority('Test CA'), createAuthority('Next CA')]);
  [first, second] = [one.certPem, other.certPem];
  [mine, next] = await Promise.all([
    one.issue({ names: ['sealwatch'], clientAuth: true }),
    one.issue({ names: ['sealwatch'], clientAuth: true }),
  ]);
});

/** Nothing listens there; nothing leaves this machine. */
const file = (...lines: Parameters<typeof fileOf>) => fileOf(...lines).replace('vault-0:8200', 'localhost:1');

function withCa(...more: string[]): Fleet {
  return fleetOf(file(['tls: {ca: "file:/etc/sealwatch/ca.pem"}', ...more]));
}

function withClient(): Fleet {
  return fleetOf(file([`tls: {ca: "${ca}", clientCertificate: "${certificate}", clientKey: "${key}"}`]));
}

/** A pool over files that can be there or not. */
function pool() {
  const clock = new ManualClock();
  const files = new Map([
    [ca, first],
    [certificate, mine.certPem],
    [key, mine.keyPem],
  ]);
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
    get: async (fleet: Fleet, cluster = fleet.clusters[0] as Cluster) => {
      const access = await made.access(cluster, fleet);
      access.release();
      return access;
    },
  };
}

/** Two leases of the same clients. */
const isSame = (one: ClusterAccess, other: ClusterAccess) => one.clients === other.clients;

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
    const opened = await get(fleet);
    expect(isSame(await get(fleet), opened)).toBe(true);
    expect(reads()).toBe(1);
  });

  it('are kept when only what they do not rest on changes', async () => {
    const { get } = pool();
    const opened = await get(withCa());
    expect(isSame(await get(withCa('labels: {team: core}', 'thresholds: {peerDead: 20s}')), opened)).toBe(
      true,
    );
    const probe = 'deadline: 20s, concurrency: 9, confirmAfter: 1s, warmNodes: 0, batches: {from: 9}';
    expect(isSame(await get(fleetOf(file([`tls: {ca: "${ca}"}`], [`probe: {${probe}}`]))), opened)).toBe(
      true,
    );
    expect(await isClosed(opened)).toBe(false);
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
    const opened = await get(withCa());
    expect(isSame(await get(fleetOf(text)), opened)).toBe(false);
    expect(await isClosed(opened)).toBe(true);
  });

  it('that were replaced are closed when the last one who used them is done', async () => {
    const { pool: made } = pool();
    const before = withCa();
    const [cluster] = before.clusters;
    if (!cluster) throw new Error('no cluster');
    const sweep = await made.access(cluster, before);
    const nudge = await made.access(cluster, before);
    const after = fleetOf(file([`tls: {ca: "${ca}"}`], ['probe: {totalTimeout: 9s}']));
    const next = await made.access(after.clusters[0] as Cluster, after);
    sweep.release();
    // A second time counts for nobody else.
    sweep.release();
    expect(await isClosed(nudge)).toBe(false);
    nudge.release();
    expect([await isClosed(nudge), await isClosed(next)]).toEqual([true, false]);
  });

  it('that left the fleet are closed when the last one who used them is done', async () => {
    const { pool: made, get } = pool();
    const before = withCa();
    const used = await made.access(before.clusters[0] as Cluster, before);
    await get(fleetOf(file().replace('payments', 'orders')));
    expect(await isClosed(used)).toBe(false);
    used.release();
    expect(await isClosed(used)).toBe(true);
  });

  it('are made anew when a certificate was renewed in place, within five minutes', async () => {
    const { get, files, clock } = pool();
    const fleet = withCa();
    const opened = await get(fleet);
    files.set(ca, second);
    expect(isSame(await get(fleet), opened)).toBe(true);
    await clock.advance(5 * minute);
    expect(isSame(await get(fleet), opened)).toBe(false);
    expect(await isClosed(opened)).toBe(true);
  });

  it('are closed when their cluster leaves the fleet', async () => {
    const { get } = pool();
    const opened = await get(withCa());
    await get(fleetOf(file().replace('payments', 'orders')));
    expect(await isClosed(opened)).toBe(true);
  });

  it('are opened once by two sweeps at the same time', async () => {
    const { get } = pool();
    const fleet = withCa();
    const [one, other] = await Promise.all([get(fleet), get(fleet)]);
    expect(isSame(one, other)).toBe(true);
  });
});

describe('a reference that cannot be read', () => {
  it('leaves its cluster unwatched, naming the field and the reference', async () => {
    const { get, files } = pool();
    files.clear();
    const told = await get(withCa()).catch(reasonOf);
    expect(told).toBe('tls.ca of fleet.yaml cannot be read: file:/etc/sealwatch/ca.pem: no such file');
  });

  it('is read again in each sweep, and its cluster watched as soon as it is there', async () => {
    const { get, files, clock } = pool();
    const fleet = withCa();
    files.clear();
    for (let sweep = 0; sweep < 3; sweep += 1) {
      await expect(get(fleet)).rejects.toThrow(NotSwept);
      await clock.advance(30_000);
    }
    files.set(ca, first);
    expect(clientOf(await get(fleet))).toMatchObject({ ok: true });
  });

  it('does not blind the watch when it was readable before', async () => {
    const { get, files, clock, reads } = pool();
    const fleet = withCa();
    const opened = await get(fleet);
    files.clear();
    await clock.advance(5 * minute);
    expect(isSame(await get(fleet), opened)).toBe(true);
    // …and is tried again each time, not after another five minutes.
    const before = reads();
    await get(fleet);
    expect(reads()).toBe(before + 1);
    expect(await isClosed(opened)).toBe(false);
  });

  it('does not keep a change of the nodes from taking place', async () => {
    const { get, files } = pool();
    const opened = await get(withCa());
    files.clear();
    const moved = fleetOf(file([`tls: {ca: "${ca}"}`]).replace('localhost:1', 'localhost:2'));
    expect(clientOf(await get(moved))).toMatchObject({ client: { address: 'https://localhost:2' } });
    expect(await isClosed(opened)).toBe(true);
  });
});

describe('what a reference holds', () => {
  it.each([
    [
      'a CA that is not PEM',
      () => [ca, 'no PEM'],
      'tls.ca of fleet.yaml cannot be read: it is not PEM certificates',
    ],
    [
      'a CA of which half is written',
      () => [ca, `${first}\n${second.slice(0, 200)}`],
      'tls.ca of fleet.yaml cannot be read: it is not PEM certificates',
    ],
    [
      'a CA that is no certificate inside',
      () => [ca, first.replace(/\n[^-]+\n/, '\nAAAA\n')],
      'tls.ca of fleet.yaml cannot be read: it is not PEM certificates',
    ],
    [
      'a certificate that is a key',
      () => [certificate, mine.keyPem],
      'tls.clientCertificate of fleet.yaml cannot be read: it is not PEM certificates',
    ],
    [
      'a key that is a certificate',
      () => [key, mine.certPem],
      'tls.clientKey of fleet.yaml cannot be read: it is not a PEM private key without a passphrase',
    ],
    [
      'the key of another certificate',
      () => [key, next.keyPem],
      'tls.clientKey of fleet.yaml does not belong to tls.clientCertificate: put both of one pair in place',
    ],
  ])('%s leaves the cluster unwatched, or as it was watched before', async (_what, change, problem) => {
    const { get, files } = pool();
    const before = pool();
    const fleet = withClient();
    const opened = await before.get(fleet);
    const [reference = '', text = ''] = change();
    files.set(reference, text);
    before.files.set(reference, text);
    expect(await get(fleet).catch(reasonOf)).toBe(problem);
    await before.clock.advance(5 * minute);
    expect(isSame(await before.get(fleet), opened)).toBe(true);
    expect(await isClosed(opened)).toBe(false);
  });

  it('may be a chain, with words around it, and certificate and key in one, as Key Vault gives them', async () => {
    const { get, files } = pool();
    files.set(ca, `# ours\n${first}\n# theirs\n${second}\n`);
    const both = `${mine.keyPem}\n${mine.certPem}\n${first}\n`;
    files.set(certificate, both);
    files.set(key, both);
    expect(clientOf(await get(withClient()))).toMatchObject({ ok: true });
  });

  it('is used in the sweep after the second file of a renewed pair was put in place', async () => {
    const { get, files, clock } = pool();
    const fleet = withClient();
    const opened = await get(fleet);
    await clock.advance(5 * minute);
    files.set(certificate, next.certPem);
    expect(isSame(await get(fleet), opened)).toBe(true);
    files.set(key, next.keyPem);
    await clock.advance(30_000);
    expect(isSame(await get(fleet), opened)).toBe(false);
    expect(await isClosed(opened)).toBe(true);
  });
});

describe('a link-local address', () => {
  it('is never called, whoever wrote it', async () => {
    const { get } = pool();
    const fleet = withCa();
    const [cluster] = fleet.clusters;
    if (!cluster) throw new Error('no cluster');
    // Without a zone no system would send anything there either.
    const nodes = [{ name: 'vault-0', address: 'https://[fe80::1]:8200' }];
    const target = clientOf(await get(fleet, { ...cluster, nodes }));
    expect(target?.ok && (await target.client.health())).toMatchObject({ ok: false, error: { code: 'dns' } });
  });
});
