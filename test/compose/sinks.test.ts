/** Rule 16 for sinks: the deployment says where a credential may go, fleet.yaml cannot widen it. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SinkEntry } from '../../shared/fleet/fleet.ts';
import type { Limits } from '../../shared/fleet/limits.ts';
import { done, stamp } from '../contract/sink.ts';
import { startKeyVaults } from '../fakes/keyvault/server.ts';
import { hook, SinksUnderTest, secretOf } from './sinks-under-test.ts';

const value = Buffer.from('hvs.CAESIJ-a-new-token');
const vault: SinkEntry = {
  name: 'kv',
  kind: 'keyVaultSecret',
  vault: 'https://kv-seals.vault.azure.net',
  secret: 'payments',
  withinMs: 0,
};
const file = {
  name: 'disk',
  kind: 'file',
  path: '/mnt/seals/payments/token',
  withinMs: 0,
} satisfies SinkEntry;

let under: SinksUnderTest;
beforeEach(() => {
  under = new SinksUnderTest();
});

describe('sinks of a cluster', () => {
  it('are none where fleet.yaml asks for no rotation', () => {
    expect(under.of(undefined)).toEqual({ ok: true, sinks: [] });
  });

  it('are made in the order of fleet.yaml, and nothing is asked of anybody for it', () => {
    const made = under.of([file, vault, hook(secretOf('HOOK'))], {
      sinkRoot: '/mnt/seals',
      sinkVaults: ['https://kv-seals.vault.azure.net'],
    });
    expect(made.ok && made.sinks.map(({ name, holds }) => [name, holds])).toEqual([
      ['disk', 'value'],
      ['kv', 'value'],
      ['hook', 'notice'],
    ]);
    expect(under.resolved).toEqual([]);
  });

  it.each<[string, SinkEntry, Partial<Limits>, string]>([
    [
      'a vault, by default',
      vault,
      {},
      'kv.vault: https://kv-seals.vault.azure.net is not among the vaults whose secrets rotate may write (setting SEALWATCH_SINK_VAULTS)',
    ],
    [
      'a vault that may only be read or unseal',
      vault,
      { keyVaults: ['https://kv-seals.vault.azure.net'], sealVaults: ['https://kv-seals.vault.azure.net'] },
      '(setting SEALWATCH_SINK_VAULTS)',
    ],
    [
      'another vault',
      vault,
      { sinkVaults: ['https://kv-seals2.vault.azure.net'] },
      '(setting SEALWATCH_SINK_VAULTS)',
    ],
    [
      'a file, by default',
      file,
      {},
      'disk.path: no file is written by this deployment (setting SEALWATCH_SINK_ROOT names the folder)',
    ],
    ['a file that may only be read', file, { fileRoot: '/mnt/seals' }, 'disk.path: no file is written'],
    [
      'a file elsewhere',
      file,
      { sinkRoot: '/mnt/seal' },
      'disk.path: the file must be inside /mnt/seal (setting SEALWATCH_SINK_ROOT)',
    ],
    [
      'a way out',
      { ...file, path: '/mnt/seals/../../etc/shadow' },
      { sinkRoot: '/mnt/seals' },
      'disk.path: the file must be inside /mnt/seals',
    ],
    [
      'the root itself',
      { ...file, path: '/mnt/seals/' },
      { sinkRoot: '/mnt/seals' },
      'disk.path: the file must be inside',
    ],
    [
      'a host, by default',
      hook('https://events.example.com/x'),
      {},
      'hook.url: host events.example.com is not allowed: add it to the setting SEALWATCH_SINK_HOSTS',
    ],
    [
      'plain http',
      hook('http://deploy.example.com/x'),
      { sinkHosts: ['deploy.example.com'] },
      'hook.url: must use https',
    ],
    [
      'a link-local address',
      hook('https://169.254.169.254/x'),
      { sinkHosts: ['169.254.169.254'] },
      'hook.url: must not be a link-local address',
    ],
  ])('are refused for %s', (_what, entry, over, why) => {
    const made = under.of([entry], over);
    expect(made).toMatchObject({ ok: false, why: expect.stringContaining(why) as string });
    expect(!made.ok && made.why.startsWith('clusters.payments.rotation.sinks.')).toBe(true);
    expect(under.resolved).toEqual([]);
  });

  it('are refused with every reason at once', () => {
    const made = under.of([vault, file, hook('https://events.example.com/x')]);
    expect(!made.ok && made.why.match(/SEALWATCH_SINK_[A-Z]+/g)).toEqual([
      'SEALWATCH_SINK_VAULTS',
      'SEALWATCH_SINK_ROOT',
      'SEALWATCH_SINK_HOSTS',
    ]);
  });
});

it('a file is written below the root, as ours', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-sinks-')));
  try {
    mkdirSync(join(root, 'payments'));
    const path = join(root, 'payments', 'token');
    const sink = under.store([{ ...file, path }], { sinkRoot: root });
    done(await sink.write('live', value, stamp));
    expect(readFileSync(path)).toEqual(value);
  } finally {
    rmSync(root, { recursive: true });
  }
});

describe('a Key Vault secret', () => {
  const entry: SinkEntry = { ...vault, vault: 'https://kv-seals.vault.azure.net' };
  const own = { sinkVaults: ['https://kv-seals.vault.azure.net'] };

  it("is written with rotate's own identity at the vault's own address, and can be referred to", async () => {
    const fake = await startKeyVaults(['kv-seals']);
    try {
      const sink = under.store([entry], own, {
        replaced: { keyVault: { agent: fake.agentOfAnyPort } },
        credential: async () => fake.credential,
      });
      const version = done(await sink.write('live', value, stamp)).replace('version ', '');
      expect(fake.vault('kv-seals').secrets.versions('payments')).toMatchObject([
        { value: value.toString(), version },
      ]);
      expect(await sink.reference?.()).toEqual({
        ok: true,
        value: `keyvault:https://kv-seals.vault.azure.net/secrets/payments/${version}`,
      });
    } finally {
      await fake.close();
    }
  });

  it('is denied where the identity cannot even be asked for', async () => {
    expect(await under.store([entry], own).read('live')).toMatchObject({
      ok: false,
      code: 'denied',
      detail: expect.stringContaining('gets no token') as string,
    });
  });
});
