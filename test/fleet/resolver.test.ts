import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecretReference } from '../../shared/fleet/fleet.ts';
import { checkReference } from '../../shared/fleet/reference.ts';
import type { HowToResolve, ResolverOptions } from '../../shared/fleet/resolver.ts';
import { createResolver } from '../../shared/fleet/resolver.ts';
import { readSecretFile } from '../../shared/fleet/secret-files.ts';
import { ManualClock } from '../fakes/clock.ts';
import { limits } from './builders.ts';

const vault = 'https://kv-sealwatch.vault.azure.net';
let folder = '';
let root = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwatch-secrets-'));
  root = join(folder, 'inside');
  await mkdir(join(root, '..2026_11_22'), { recursive: true });
  await writeFile(join(folder, 'outside'), 'stolen');
  await writeFile(join(root, 'plain'), 'value\n');
  await writeFile(join(root, 'lines'), 'one\r\ntwo\r\n\r\n');
  await writeFile(join(root, 'empty'), '\n');
  await writeFile(join(root, 'large'), 'x'.repeat(64 * 1024 + 1));
  await writeFile(join(root, 'full'), 'x'.repeat(64 * 1024));
  await writeFile(join(root, '..2026_11_22', 'mounted'), 'rotated');
  await symlink('..2026_11_22', join(root, '..data'));
  await symlink('..data/mounted', join(root, 'mounted'));
  await symlink('../outside', join(root, 'leak'));
});

afterAll(() => rm(folder, { recursive: true }));

function resolver(over: Partial<ResolverOptions> = {}) {
  const { resolve } = createResolver({
    env: { SEALWATCH_SECRET_A: 'from env', SEALWATCH_SECRET_EMPTY: '', HOME: '/root' },
    limits: limits({ fileRoot: root }),
    readFile: readSecretFile,
    keyVaultSecret: () => Promise.reject(new Error('not asked for')),
    clock: new ManualClock(),
    ...over,
  });
  return (reference: string, how?: HowToResolve) => resolve(reference as SecretReference, how);
}

describe('a reference', () => {
  it.each([
    'env:A_1',
    'file:/a/b',
    'file:/a/..data/b',
    `keyvault:${vault}/secrets/a-B-1`,
    `keyvault:${vault}/secrets/a/0123456789abcdef0123456789abcdef`,
  ])('%s is well-formed', (text) => expect(checkReference(text)).toBeUndefined());

  it.each([
    'env:',
    'env:A-B',
    'env:1A',
    'file:a',
    'file:',
    'file:/',
    'file://host/a',
    'file:/a/../b',
    'file:/a/./b',
    'file:/a//b',
    'file:/a/',
    `keyvault:${vault}`,
    `keyvault:${vault}/keys/a`,
    `keyvault:${vault}/secrets/a_b`,
    `keyvault:${vault}/secrets/a/1`,
    'keyvault:http://kv/secrets/a',
    'keyvault:https://u@kv/secrets/a',
    'vault:x',
    'plain',
  ])('%s is not', (text) =>
    expect(checkReference(text)).toMatch(/^(env|file|keyvault): must be|^must begin with/),
  );
});

describe('env:', () => {
  it('is the variable', async () => {
    expect(await resolver()('env:SEALWATCH_SECRET_A')).toEqual({ ok: true, value: 'from env' });
  });

  it.each([
    [
      'env:HOME',
      'outside-limits',
      "env:HOME: the variable's name must begin with SEALWATCH_SECRET_ (setting SEALWATCH_ENV_PREFIX)",
    ],
    [
      'env:SEALWATCH_SECRET_',
      'outside-limits',
      "env:SEALWATCH_SECRET_: the variable's name must begin with SEALWATCH_SECRET_ (setting SEALWATCH_ENV_PREFIX)",
    ],
    ['env:SEALWATCH_SECRET_B', 'missing', 'env:SEALWATCH_SECRET_B: the variable is not set'],
    ['env:SEALWATCH_SECRET_EMPTY', 'missing', 'env:SEALWATCH_SECRET_EMPTY: the variable is not set'],
    [
      'hvs.secret',
      'outside-limits',
      'a reference cannot be read: it must begin with env:, file: or keyvault:',
    ],
  ])('%s is refused: %s', async (reference, code, message) => {
    expect(await resolver()(reference)).toMatchObject({ ok: false, code, message });
  });
});

describe('file:', () => {
  it.each([
    ['plain', 'value'],
    ['lines', 'one\r\ntwo\r\n'],
    ['mounted', 'rotated'],
    ['full', 'x'.repeat(64 * 1024)],
  ])('%s is read, without one newline at the end', async (name, value) => {
    expect(await resolver()(`file:${root}/${name}`)).toEqual({ ok: true, value });
  });

  it.each([
    ['leak', 'outside-limits', 'the file leads out of the folder SEALWATCH_FILE_ROOT'],
    ['none', 'missing', 'there is no such file'],
    ['plain/more', 'missing', 'there is no such file'],
    ['empty', 'missing', 'the file is empty'],
    ['large', 'unreadable', 'the file is larger than 64 KiB'],
    ['..data', 'unreadable', 'it is not a file'],
  ])('%s is refused: %s', async (name, code, message) => {
    expect(await resolver()(`file:${root}/${name}`)).toEqual({
      ok: false,
      code,
      recoverable: code !== 'outside-limits',
      message: `file:${root}/${name}: ${message}`,
    });
  });

  it('outside the folder is not even looked at', async () => {
    const asked: string[] = [];
    const readFile = (_: string, path: string) => (
      asked.push(path), Promise.resolve({ ok: true, text: 'x' }) as never
    );
    const message = `file:${folder}/outside: the file must be inside ${root} (setting SEALWATCH_FILE_ROOT)`;
    expect(await resolver({ readFile })(`file:${folder}/outside`)).toMatchObject({
      code: 'outside-limits',
      message,
    });
    expect(await resolver({ readFile })(`file:${root}/../outside`)).toMatchObject({ code: 'outside-limits' });
    expect(asked).toEqual([]);
  });

  it.each([
    ['plain', 'value\n'],
    ['lines', 'one\r\ntwo\r\n\r\n'],
    ['empty', '\n'],
  ])('%s is read with its newline where it is wanted exactly', async (name, value) => {
    expect(await resolver()(`file:${root}/${name}`, { exact: true })).toEqual({ ok: true, value });
  });

  it('is read anew each time', async () => {
    const resolve = resolver();
    await writeFile(join(root, 'changing'), 'old');
    expect(await resolve(`file:${root}/changing`)).toEqual({ ok: true, value: 'old' });
    await writeFile(join(root, 'changing'), 'new');
    expect(await resolve(`file:${root}/changing`)).toEqual({ ok: true, value: 'new' });
  });
});

describe('keyvault:', () => {
  const reference = `keyvault:${vault}/secrets/token`;

  it('is asked for by vault, name and version', async () => {
    const asked: unknown[] = [];
    const keyVaultSecret = (...parts: unknown[]) => (asked.push(parts.slice(0, 3)), Promise.resolve('v'));
    const resolve = resolver({ keyVaultSecret });
    await resolve(reference);
    await resolve(`${reference}/0123456789abcdef0123456789abcdef`);
    expect(asked).toEqual([
      [vault, 'token', undefined],
      [vault, 'token', '0123456789abcdef0123456789abcdef'],
    ]);
  });

  it('is kept for five minutes, and asked for once by all that want it meanwhile', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const resolve = resolver({ clock, keyVaultSecret: () => Promise.resolve(`value ${++asked}`) });
    const first = await Promise.all([resolve(reference), resolve(reference)]);
    expect(first).toEqual([
      { ok: true, value: 'value 1' },
      { ok: true, value: 'value 1' },
    ]);
    await clock.advance(299_999);
    expect(await resolve(reference)).toEqual({ ok: true, value: 'value 1' });
    await clock.advance(1);
    expect(await resolve(reference)).toEqual({ ok: true, value: 'value 2' });
  });

  it('is asked for at once where it is wanted fresh, and stays kept for the others', async () => {
    let asked = 0;
    const resolve = resolver({
      keyVaultSecret: () =>
        ++asked === 3 ? Promise.reject(new Error('network')) : Promise.resolve(`value ${asked}`),
    });
    expect(await resolve(reference)).toEqual({ ok: true, value: 'value 1' });
    expect(await resolve(reference, { fresh: true })).toEqual({ ok: true, value: 'value 2' });
    expect(await resolve(reference, { fresh: true })).toMatchObject({ ok: false, code: 'unreadable' });
    expect(await resolve(reference)).toEqual({ ok: true, value: 'value 1' });
  });

  it('that fails is asked for again', async () => {
    let asked = 0;
    const keyVaultSecret = () =>
      ++asked === 1 ? Promise.reject(new Error('network')) : Promise.resolve('value');
    const resolve = resolver({ keyVaultSecret });
    expect(await resolve(reference)).toMatchObject({ ok: false, code: 'unreadable' });
    expect(await resolve(reference)).toEqual({ ok: true, value: 'value' });
  });

  it('that never answers is given up after ten seconds, by all that wait, and asked for again', async () => {
    const clock = new ManualClock();
    const signals: AbortSignal[] = [];
    const resolve = resolver({
      clock,
      keyVaultSecret: (_vault, _name, _version, signal) => {
        signals.push(signal);
        return signals.length === 1 ? new Promise(() => undefined) : Promise.resolve('value');
      },
    });
    const waiting = Promise.all([resolve(reference), resolve(reference)]);
    await clock.advance(9_999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await clock.advance(1);
    const failed = {
      ok: false,
      code: 'unreadable',
      recoverable: true,
      message: `${reference}: the Key Vault cannot be read (no answer within 10 s)`,
    };
    expect(await waiting).toEqual([failed, failed]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await resolve(reference)).toEqual({ ok: true, value: 'value' });
  });

  it('that answers too late changes nothing any more', async () => {
    const clock = new ManualClock();
    const answers: ((value: string) => void)[] = [];
    const resolve = resolver({
      clock,
      keyVaultSecret: () => new Promise((answer) => answers.push(answer)),
    });
    const given = resolve(reference);
    await clock.advance(10_000);
    expect(await given).toMatchObject({ ok: false });
    const again = resolve(reference);
    answers[0]?.('late');
    answers[1]?.('in time');
    expect(await again).toEqual({ ok: true, value: 'in time' });
    expect(await resolve(reference)).toEqual({ ok: true, value: 'in time' });
    expect(clock.sleeping).toBe(0);
  });

  it.each([
    [404, 'missing', 'there is no such secret'],
    [403, 'denied', `the app's identity may not read it (HTTP 403): it needs "get" on secrets`],
    [401, 'denied', `the app's identity may not read it (HTTP 401): it needs "get" on secrets`],
    [429, 'unreadable', 'the Key Vault cannot be read (HTTP 429)'],
    [undefined, 'unreadable', 'the Key Vault cannot be read (no answer)'],
  ])('that answers %s is %s, without the words of the answer', async (statusCode, code, message) => {
    const error = Object.assign(new Error('body with hvs.secret'), { statusCode });
    const resolved = await resolver({ keyVaultSecret: () => Promise.reject(error) })(reference);
    expect(resolved).toEqual({ ok: false, code, recoverable: true, message: `${reference}: ${message}` });
  });

  it('of a vault that is not listed is never asked', async () => {
    const resolved = await resolver()('keyvault:https://kv-evil.vault.azure.net/secrets/token');
    expect(resolved).toMatchObject({ ok: false, code: 'outside-limits', recoverable: false });
    expect(resolved).toHaveProperty('message', expect.stringContaining('SEALWATCH_KEY_VAULTS'));
  });
});
