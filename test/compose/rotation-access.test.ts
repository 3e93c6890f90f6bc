/** The rotate app as it is composed, for rotations. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import type { KindName } from '../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../shared/work/rotate/deps.ts';
import { confirmRotation, runRotation } from '../../shared/work/rotate/respond-rotation.ts';
import { takeTurns } from '../../shared/work/rotate/turn.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { ada, type Over, RotationApp } from './rotation-app.ts';

let app: RotationApp;
beforeEach(async () => {
  app = await RotationApp.start();
});
afterEach(() => app.close());

async function valueOf(kind: KindName, name = 'payments', over: Over = {}) {
  const opened = await app.access(kind, over, name);
  if (!opened.ok) throw new Error(opened.why);
  const read = await opened.value();
  return read.ok ? read.value?.toString() : read;
}

describe('what a credential is rotated with', () => {
  it.each<[KindName, string, string[]]>([
    ['transit-token', 'payments', ['disk']],
    ['transit-key', 'payments', []],
    ['entra-secret', 'cloud', ['disk']],
  ])('of %s is its kind and its sinks, and nobody is asked for anything yet', async (kind, name, sinks) => {
    const opened = await app.access(kind, {}, name);
    expect(opened.ok && [opened.kind.name, opened.sinks.map((sink) => sink.name)]).toEqual([kind, sinks]);
    expect(app.provider.asked()).toEqual([[]]);
  });

  it.each<[string, KindName, string, () => void, string]>([
    ['another seal', 'entra-secret', 'payments', () => undefined, 'payments has no azurekeyvault seal'],
    ['another seal', 'transit-key', 'cloud', () => undefined, 'cloud has no transit seal'],
    [
      'a file outside the settings',
      'transit-token',
      'payments',
      () => delete app.env['SEALWATCH_SINK_ROOT'],
      'clusters.payments.rotation.sinks.disk.path: no file is written by this deployment (setting SEALWATCH_SINK_ROOT',
    ],
    [
      'a key that may not be tried',
      'keyvault-key',
      'cloud',
      () => delete app.env['SEALWATCH_SEAL_VAULTS'],
      'SEALWATCH_SEAL_VAULTS',
    ],
    [
      'a vault outside the settings',
      'entra-secret',
      'cloud',
      () => delete app.env['SEALWATCH_SEAL_VAULTS'],
      'SEALWATCH_SEAL_VAULTS',
    ],
  ])('is refused for %s (%s of %s), and says what to mend', async (_what, kind, name, prepare, why) => {
    prepare();
    expect(await app.access(kind, {}, name)).toEqual({
      ok: false,
      why: expect.stringContaining(why) as string,
    });
    expect(app.provider.asked()).toEqual([[]]);
  });

  it('sends a token to no host that the deployment does not list', async () => {
    const opened = await app.access('transit-token', { seal: { address: 'https://collector.example.net' } });
    expect(opened).toEqual({
      ok: false,
      why: expect.stringContaining('collector.example.net is not among the hosts') as string,
    });
  });
});

describe('what the next restart would read', () => {
  it('is of a token without the white space that files add, of a client secret exactly', async () => {
    expect(await valueOf('transit-token')).toBe(app.provider.seal);
    writeFileSync(join(app.folder, 'secret'), 'a~secret\n', { mode: 0o600 });
    expect(await valueOf('entra-secret', 'cloud')).toBe('a~secret\n');
    expect(await valueOf('transit-key')).toBeUndefined();
  });

  it('is nothing where there is nothing, or white space alone', async () => {
    expect(await valueOf('entra-secret', 'cloud')).toBeUndefined();
    writeFileSync(app.path, ' \n');
    expect(await valueOf('transit-token')).toBeUndefined();
  });

  it('is refused outside the limits, in words that name the field', async () => {
    delete app.env['SEALWATCH_FILE_ROOT'];
    expect(await valueOf('transit-token')).toEqual({
      ok: false,
      code: 'outside-limits',
      detail: expect.stringMatching(/^seal\.token: file:/) as string,
    });
  });
});

describe('what the next restart of another consumer would read', () => {
  it('is what its own reference leads to, with nothing but what a kind leaves out of its own', async () => {
    const { deps, fleet, cluster } = await app.composed();
    const opened = await deps.rotation(fleet, cluster('payments'), 'transit-token');
    if (!opened.ok) throw new Error(opened.why);
    const read = async (reference: string) => {
      const { seal, ...rest } = cluster('payments');
      const found = await opened.value({
        ...rest,
        name: 'other',
        seal: { ...seal, token: reference } as Cluster['seal'],
      });
      return found.ok ? found.value?.toString() : found;
    };
    writeFileSync(join(app.folder, 'copy'), 'hvs.a-copy\n');
    expect(await read(`file:${join(app.folder, 'copy')}`)).toBe('hvs.a-copy');
    expect(await read(`file:${join(app.folder, 'none')}`)).toBeUndefined();
    expect(await read('file:/elsewhere')).toEqual({
      ok: false,
      code: 'outside-limits',
      detail: expect.stringMatching(/^clusters\.other\.seal\.token: /) as string,
    });
    expect(await opened.value(cluster('root'))).toEqual({
      ok: false,
      code: 'not-configured',
      detail: 'clusters.root.seal.token is not in fleet.yaml',
    });
    expect((await opened.value())?.ok).toBe(true);
    await opened.close();
  });
});

describe('a consumer', () => {
  const rotateLogin = { method: 'token', token: 'env:SEALWATCH_SECRET_OWN' };

  it('that does not answer is unseen, and nobody is told to step down', async () => {
    const { deps, cluster } = await app.composed({ payments: { rotateLogin } });
    expect(await deps.sight(cluster('payments'))).toEqual({
      cluster: 'payments',
      nodes: [{ node: 'payments-0', unseen: expect.stringContaining('(refused)') as string }],
      leaderUnseen: 'no node says that it leads, and payments-0 did not answer',
    });
    expect(await deps.stepDown(cluster('payments'))).toEqual({
      ok: false,
      code: 'unreachable',
      detail: 'no node of payments says that it leads: nothing was told to step down',
    });
  });

  it('whose CA cannot be read is asked for nothing', async () => {
    const { deps, cluster } = await app.composed({
      payments: { rotateLogin, tls: { ca: 'env:SEALWATCH_SECRET_NONE' } },
    });
    const why = expect.stringContaining('tls.ca of fleet.yaml cannot be read') as string;
    expect(await deps.sight(cluster('payments'))).toEqual({
      cluster: 'payments',
      nodes: [{ node: 'payments-0', unseen: why }],
      leaderUnseen: why,
    });
    expect(await deps.stepDown(cluster('payments'))).toEqual({
      ok: false,
      code: 'not-configured',
      detail: why,
    });
  });

  it('without a login for rotate is not told to step down', async () => {
    const { deps, cluster } = await app.composed();
    expect(await deps.stepDown(cluster('payments'))).toMatchObject({
      code: 'not-configured',
      detail: 'clusters.payments has no rotateLogin in fleet.yaml',
    });
  });
});

it('a token is made, tried, delivered to the file, and read back; the one before is left, as it is people’s own', async () => {
  const { deps } = await app.composed();
  const begun = await runRotation(deps, 'payments', 'transit-token', ada, 'a test');
  expect(begun).toMatchObject({
    ok: true,
    value: {
      stage: 'verified',
      sinks: [{ name: 'disk', holds: 'the new one' }],
      waiting: {
        what: expect.stringContaining("a person's word that payments/payments-0 restarted") as string,
      },
    },
  });
  const fresh = readFileSync(app.path, 'utf8');
  expect(app.provider.fake.tokens.has(fresh)).toBe(true);
  expect(fresh).not.toBe(app.provider.seal);
  expect(readFileSync(`${app.path}.previous`, 'utf8')).toBe(app.provider.seal);
  const id = begun.ok ? begun.value.id : '';
  expect(await confirmRotation(deps, id, ada, 'I restarted it')).toMatchObject({ ok: true });
  const later = Date.now() + 2 * 3_600_000;
  const afterGrace: RotateDeps = { ...deps, clock: { ...deps.clock, now: () => later } };
  await takeTurns(deps, 'payments');
  await takeTurns(afterGrace, 'payments');
  expect(app.state.everyRotation()).toMatchObject([{ status: 'ended', ended: { outcome: 'retired' } }]);
  expect(app.provider.fake.tokens.has(app.provider.seal)).toBe(true);
  expect(readdirSync(app.folder).filter((name) => name.startsWith('token'))).toEqual(['token']);
  const all = { rows: app.state.everyRotation(), lines: app.lines, audited: app.state.audited, begun };
  expect(leaks(all, [fresh, app.provider.seal, app.provider.own])).toEqual([]);
});
