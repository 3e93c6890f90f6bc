/**
 * Question 2 on real servers: what readiness says within one run, beside what Vault says of itself meanwhile (200, and a
 * healthy seal), and what a restart then proves.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Readiness } from '../../../shared/readiness/readiness.ts';
import { createAuthority, type IssuedCertificate } from '../../fakes/pki.ts';
import { consumer, provider, sealPolicy, startTransitPair, type TransitPair } from './transit-pair.ts';

let pair: TransitPair;
beforeAll(async () => {
  pair = await startTransitPair();
});
afterAll(() => pair?.close());

const ready = () => pair.rotating.ready('payments');
const codes = ({ problems }: Readiness) => problems.map(({ code }) => code).toSorted();
const well = { health: 200, sealHealthy: true };

/** Both side by side: that is the point of the product. */
async function expectUnseen(why: RegExp, ...more: string[]): Promise<Readiness> {
  const row = await ready();
  expect(row.standing).toEqual({ state: 'not-ready', why: expect.stringMatching(why) as string });
  expect(codes(row)).toEqual(expect.arrayContaining(['seal-not-ready', ...more]));
  expect(await pair.consumerSays()).toEqual(well);
  return row;
}

async function expectReady(): Promise<void> {
  expect(await ready()).toMatchObject({ standing: { state: 'ready' }, problems: [] });
}

/** The promise of `ready`: nobody gives it a share. */
async function expectUnsealsByItself(): Promise<void> {
  await pair.payments.kill(consumer);
  await pair.payments.start(consumer);
  await pair.payments.awaitActive();
  expect((await pair.consumerSays()).health).toBe(200);
}

/** Longer than clocks may differ: a version that is made now was certainly not there when it took over. */
async function leadsForLong(): Promise<void> {
  await expect
    .poll(async () => Date.now() - ((await leaderSince()) ?? Date.now()), { timeout: 40_000, interval: 500 })
    .toBeGreaterThan(12_000);
}

async function leaderSince(): Promise<number | undefined> {
  const { fleet } = await pair.rotating.deps.loadFleet();
  const cluster = fleet.clusters.find(({ name }) => name === 'payments');
  return cluster && (await pair.rotating.deps.sight(cluster)).leaderSince;
}

/** Nobody refuses it anything: it cannot open what it finds in its own storage. */
async function expectStaysSealed(): Promise<void> {
  await pair.payments.kill(consumer);
  expect((await pair.payments.tryStart(consumer)).up).toBe(true);
  await pair.payments.awaitState(consumer, [503]);
  const { body } = await pair.payments.request(consumer, 'GET', 'sys/seal-status');
  expect(z.object({ sealed: z.boolean() }).parse(body)).toEqual({ sealed: true });
}

/** The promise of `not-ready`. */
async function expectExits(words: RegExp): Promise<void> {
  await pair.payments.kill(consumer);
  const started = await pair.payments.tryStart(consumer);
  expect(started).toMatchObject({ up: false, exitCode: 1 });
  expect(started.up || started.log).toMatch(words);
}

// Each test mends what it broke: the next one begins with a pair that is ready.
afterEach(expectReady);

describe('a transit seal that works', () => {
  it('is ready without anything to say, and its cluster unseals by itself', async () => {
    const row = await ready();
    expect(row.standing).toEqual({ state: 'ready' });
    expect(row.unjudged).toEqual({});
    expect(row.evidence).toEqual([
      expect.stringMatching(/what was encrypted came back, with key version 1\.$/),
      expect.stringMatching(/^Token: periodic \(24 hours\), orphan, renewable; 23 hours left\.$/),
      'Key payments of root: latest version 1, decrypts from version 1 on.',
    ]);
    await expectUnsealsByItself();
  });
});

describe('the provider', () => {
  it('is sealed: not ready, and ready when it is unsealed', async () => {
    await pair.root.seal(provider);
    await expectUnseen(/is sealed \(503\)/, 'seal-provider-down');
    await pair.root.whole();
  });

  it('is down: not ready, and ready when it is back', async () => {
    await pair.root.kill(provider);
    await expectUnseen(/does not answer \(refused\)/, 'seal-provider-down');
    await pair.root.whole();
  });

  it.each<[string, string, () => Promise<IssuedCertificate>]>([
    [
      'has expired',
      'tls-expired',
      () => pair.root.authority.issue({ names: ['127.0.0.1'], notAfter: new Date(Date.now() - 60_000) }),
    ],
    ['is for another name', 'tls-name', () => pair.root.authority.issue({ names: ['vault.example.com'] })],
    [
      'is of another authority',
      'tls-untrusted',
      async () => (await createAuthority('Somebody else')).issue({ names: ['127.0.0.1'] }),
    ],
  ])('shows a certificate that %s: not ready (%s)', async (_what, code, issue) => {
    await showCertificate(await issue());
    await expect
      .poll(async () => (await ready()).standing, { timeout: 20_000 })
      .toMatchObject({ state: 'not-ready', why: expect.stringContaining(`fails TLS (${code})`) as string });
    await expectUnseen(new RegExp(code), 'seal-provider-down');
    await showCertificate(await pair.root.authority.issue({ names: ['127.0.0.1'] }));
    await pair.root.awaitActive();
  });
});

/** Vault reads its certificate again on SIGHUP, and keeps the connections that it has. */
async function showCertificate({ certPem, keyPem }: IssuedCertificate): Promise<void> {
  writeFileSync(join(pair.root.folder, 'node.crt'), certPem);
  writeFileSync(join(pair.root.folder, 'node.key'), keyPem);
  process.kill(pair.root.nodes[0]?.pid ?? 0, 'SIGHUP');
}

describe("the seal's token", () => {
  it('was revoked: not ready, a restart exits, and a new token mends both', async () => {
    await pair.root.write('POST', 'auth/token/revoke', { token: pair.seal.token });
    await expectUnseen(/root does not know the seal's token any more/);
    await expectExits(/invalid token|permission denied/);
    const next = await pair.token({ policies: ['seal-payments'], period: '24h' });
    pair.give(next);
    pair.refer(next);
    await expectReady();
    await expectUnsealsByItself();
  });

  it('has a line break at its end: readiness says that a seal which is given it so cannot start, and it cannot', async () => {
    const token = await pair.token({ policies: ['seal-payments'], period: '24h' });
    pair.refer(`${token}\n`);
    expect((await ready()).evidence.join('\n')).toMatch(/white space .* cannot start/);
    // As HCL writes it.
    pair.give(`${token}\\n`);
    await expectExits(/non-printable characters/);
    pair.give(token);
    pair.refer(token);
    await expectUnsealsByItself();
  });

  it.each(['encrypt', 'decrypt'])('lost the right to %s: the missing policy line is named', async (lost) => {
    const others = ['encrypt', 'decrypt'].filter((action) => action !== lost);
    await pair.root.write('POST', 'sys/policies/acl/seal-payments', { policy: sealPolicy(...others) });
    const row = await expectUnseen(new RegExp(`^${lost} is refused \\(403\\): its policy lacks path`));
    expect(row.problems[0]?.summary).toContain(
      `path "transit/${lost}/payments" { capabilities = ["update"] }`,
    );
    await pair.root.write('POST', 'sys/policies/acl/seal-payments', {
      policy: sealPolicy('encrypt', 'decrypt'),
    });
  });
});

describe('the transit key', () => {
  const config = (body: object) => pair.root.write('POST', 'transit/keys/payments/config', body);

  it('may be deleted, and then is: told before, not ready after, and ready with its backup', async () => {
    await config({ exportable: true, allow_plaintext_backup: true, deletion_allowed: true });
    const before = await ready();
    expect(before.standing).toEqual({ state: 'ready' });
    expect(codes(before)).toEqual(['seal-key-version-at-risk']);
    const backup = (await pair.root.write('GET', 'transit/backup/payments')) as { data: { backup: string } };
    await pair.root.write('DELETE', 'transit/keys/payments');
    await expectUnseen(/transit key payments of root is gone: .*\(404\)/);

    // Without a login of Sealwatch's own at the provider, what the token may do tells it.
    pair.rewrite({}, false);
    await expectUnseen(
      /encrypt is refused \(403\): its policy allows it, so transit key payments of root is gone/,
    );
    pair.rewrite();

    await pair.root.write('POST', 'transit/restore/payments', { backup: backup.data.backup });
    await config({ deletion_allowed: false });
    await expectReady();
    await expectUnsealsByItself();
  });

  it('was rotated: ready, and still after a restart', async () => {
    await pair.root.write('POST', 'transit/keys/payments/rotate');
    const { evidence } = await ready();
    expect(evidence[0]).toContain('with key version 2.');
    expect(evidence.at(-1)).toBe('Key payments of root: latest version 2, decrypts from version 1 on.');
    await expectUnsealsByItself();
  });

  it('no longer decrypts what the cluster was wrapped with: not ready, and a restart proves why', async () => {
    await leadsForLong();
    await pair.root.write('POST', 'transit/keys/payments/rotate');
    await config({ min_decryption_version: 3 });
    const { problems, evidence } = await expectUnseen(
      /^versions of its key before 3 no longer decrypt, and it is wrapped with one of them/,
    );
    expect(problems[0]?.evidence).toEqual([
      expect.stringMatching(/^Its active node leads since .*; version 3 was made .*Z\.$/),
    ]);
    // The newest version is all that can be tried.
    expect(evidence[0]).toContain('what was encrypted came back, with key version 3.');
    await expectStaysSealed();
    // No node leads any more: an alert that was told does not end by that.
    const sealed = await ready();
    expect(sealed.standing.state).toBe('at-risk');
    expect(Object.keys(sealed.unjudged)).toEqual(['seal-not-ready']);
    await config({ min_decryption_version: 1 });
    await pair.payments.awaitActive();
  });

  it('was rotated and used, and decrypts nothing older any more: not called dead, and it unseals', async () => {
    await pair.root.write('POST', 'transit/keys/payments/rotate');
    await expectUnsealsByItself();
    await config({ min_decryption_version: 4 });
    expect((await ready()).standing.state).toBe('at-risk');
    await expectUnsealsByItself();
    await config({ min_decryption_version: 1 });
  });

  it('had a step-down only when it no longer decrypted the old: not called ready, for nothing was wrapped anew', async () => {
    await pair.root.write('POST', 'transit/keys/payments/rotate');
    await config({ min_decryption_version: 5 });
    const before = await leaderSince();
    await pair.payments.write('POST', 'sys/step-down');
    await expect
      .poll(async () => ((await leaderSince()) ?? 0) > (before ?? 0), { timeout: 40_000, interval: 500 })
      .toBe(true);
    expect((await ready()).standing).toEqual({
      state: 'at-risk',
      why: expect.stringMatching(/^versions of its key before 5 no longer decrypt: unless/) as string,
    });
    expect(await pair.consumerSays()).toEqual(well);
    await expectStaysSealed();
    await config({ min_decryption_version: 1 });
    await pair.payments.awaitActive();
  });
});
