import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildVault, cachedVaultPath } from './build-vault.ts';
import { findVault } from './find-vault.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-find-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function program(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const vaultScript = "echo 'Vault v1.20.1 (abc), built 2026-01-01'";
const env = (over: NodeJS.ProcessEnv = {}) => ({ HOME: folder, PATH: join(folder, 'bin'), ...over });

describe('finding a Vault', () => {
  it('takes the one that the variable names', async () => {
    const path = program(join(folder, 'mine'), vaultScript);
    program(join(folder, 'bin/vault'), "echo 'Vault v9.9.9, built'");
    expect(await findVault({ env: env({ SEALWATCH_VAULT_BIN: path }), build: false })).toEqual({
      found: true,
      path,
      version: '1.20.1',
      how: 'SEALWATCH_VAULT_BIN',
    });
  });

  it('does not look further when the variable names something else', async () => {
    program(join(folder, 'bin/vault'), vaultScript);
    const path = program(join(folder, 'other'), 'echo hello');
    const found = await findVault({ env: env({ SEALWATCH_VAULT_BIN: path }), build: false });
    expect(found).toMatchObject({ found: false, why: expect.stringContaining(path) as string });
  });

  it('finds OpenBao on PATH', async () => {
    const path = program(join(folder, 'bin/bao'), "echo 'OpenBao v2.4.1 (f9d), built 2026-01-01'");
    expect(await findVault({ env: env(), build: false })).toEqual({
      found: true,
      path,
      version: '2.4.1',
      how: 'PATH',
    });
  });

  it('finds the build that it keeps outside the checkout', async () => {
    const path = program(cachedVaultPath(env()), vaultScript);
    expect(path.startsWith(join(folder, '.cache/sealwatch/vault-'))).toBe(true);
    expect(await findVault({ env: env(), build: false })).toMatchObject({ found: true, path, how: 'cache' });
  });

  it('keeps builds where XDG_CACHE_HOME says', () => {
    expect(cachedVaultPath(env({ XDG_CACHE_HOME: '/cache' }))).toMatch(
      /^\/cache\/sealwatch\/vault-[0-9a-f]{16}\/vault$/,
    );
  });

  it('says what is missing when there is nothing', async () => {
    expect(await findVault({ env: env(), build: false })).toMatchObject({ found: false });
  });
});

describe('building a Vault', () => {
  it('counts the packages that go names, and keeps only a finished build', async () => {
    const go = program(
      join(folder, 'go'),
      `echo golang.org/x/net/http2 >&2; echo fmt >&2
for arg; do case "$arg" in -o=*) echo done > "\${arg#-o=}";; esac; done`,
    );
    const target = join(folder, 'cache/vault');
    const lines: string[] = [];
    const built = await buildVault({
      go,
      target,
      env: { PATH: '/usr/bin:/bin' },
      progress: (line) => lines.push(line),
    });
    expect(built).toEqual({ ok: true });
    expect(existsSync(target)).toBe(true);
    expect(lines[0]).toMatch(
      /^building Vault 1\.21\.0 from Go modules: usually 3 to 7 minutes, once; 0 s so far/,
    );
    expect(lines.at(-1)).toMatch(/^built Vault 1\.21\.0 in \d+ s/);
  });

  it('reports what go said when it fails, and leaves nothing behind', async () => {
    const go = program(join(folder, 'go'), "echo 'main.go:3: no required module' >&2; exit 2");
    const target = join(folder, 'cache/vault');
    const built = await buildVault({ go, target, env: { PATH: '/usr/bin:/bin' }, progress: () => undefined });
    expect(built).toMatchObject({
      ok: false,
      why: expect.stringContaining('main.go:3: no required module') as string,
    });
    expect(existsSync(target)).toBe(false);
  });

  it('says which folder cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const target = join(folder, 'file/vault-1/vault');
    const built = await buildVault({ go: 'go', target, env: {}, progress: () => undefined });
    expect(built).toMatchObject({ ok: false, why: expect.stringContaining('XDG_CACHE_HOME') as string });
  });
});
