import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseKeySet } from '../../shared/people/jwks.ts';
import { type LocalIssuer, openLocalIssuer } from '../../shared/people/local-issuer.ts';
import { localTokens } from '../../shared/people/settings.ts';
import { verifyPerson } from '../../shared/people/token.ts';
import { startFakeEntra } from '../fakes/entra/issuer.ts';

const now = Date.UTC(2026, 10, 22, 2);
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwatch-issuer-'));
  path = join(folder, 'issuer.pem');
});
afterEach(() => rm(folder, { recursive: true }));

async function opened(): Promise<LocalIssuer> {
  const result = await openLocalIssuer(path);
  if (!result.ok) throw new Error(result.message);
  return result.issuer;
}
async function tokenOf(issuer: LocalIssuer, name = 'ada', at = now): Promise<string> {
  const signed = await issuer.sign(name, ['Sealwatch.Operate'], at);
  if (!signed.ok) throw new Error(signed.message);
  return signed.token;
}

describe('the local issuer', () => {
  it('makes a key that only its owner can read, and leaves nothing beside it', async () => {
    await opened();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['issuer.pem']);
  });

  it('signs tokens that pass the same conditions as Entra’s', async () => {
    const issuer = await opened();
    const verified = await verifyPerson(`Bearer ${await tokenOf(issuer)}`, localTokens, issuer.keys, now);
    expect(verified).toEqual({
      ok: true,
      person: { id: 'local/ada', name: 'ada', roles: ['Sealwatch.Operate'] },
    });
  });

  it('keeps its key: another process signs for the first', async () => {
    const [host, cli] = [await opened(), await opened()];
    const verified = await verifyPerson(`Bearer ${await tokenOf(cli)}`, localTokens, host.keys, now);
    expect(verified.ok).toBe(true);
  });

  it('has one key when two processes make it at the same time', async () => {
    const issuers = await Promise.all([opened(), opened(), opened()]);
    expect(new Set(issuers.map(({ keySet }) => keySet.keys[0]?.kid)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['issuer.pem']);
  });

  it('ends its tokens after 60 minutes, a minute of difference between clocks borne', async () => {
    const issuer = await opened();
    const signed = await issuer.sign('ada', ['Sealwatch.Read'], now);
    expect(signed).toMatchObject({ ok: true, expiresAt: now + 3_600_000 });
    const header = `Bearer ${await tokenOf(issuer)}`;
    expect(await verifyPerson(header, localTokens, issuer.keys, now + 3_659_000)).toMatchObject({ ok: true });
    expect(await verifyPerson(header, localTokens, issuer.keys, now + 3_660_000)).toMatchObject({
      code: 'token-expired',
    });
  });

  it('publishes its public key and nothing else of it', async () => {
    const { keySet } = await opened();
    const parsed = parseKeySet(JSON.stringify(keySet), localTokens);
    expect(parsed.ok && [...parsed.keys.keys()]).toEqual([keySet.keys[0]?.kid]);
    expect(Object.keys(keySet.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it.each(['', 'Ada', 'a b', 'ada/../root', 'ä', 'a'.repeat(65), 'ada\n'])(
    'signs for no name %j',
    async (name) => {
      const issuer = await opened();
      expect(await issuer.sign(name, ['Sealwatch.Read'], now)).toMatchObject({ ok: false, code: 'name' });
    },
  );

  it('signs for nobody without a role', async () => {
    const issuer = await opened();
    expect(await issuer.sign('ada', [], now)).toMatchObject({ ok: false, code: 'role' });
  });

  it('counts for nothing where Entra is the issuer, and Entra for nothing here', async () => {
    const issuer = await opened();
    const entra = await startFakeEntra(now);
    const local = `Bearer ${await tokenOf(issuer)}`;
    expect(await verifyPerson(local, entra.settings, issuer.keys, now)).toMatchObject({
      code: 'token-tenant',
    });
    const foreign = `Bearer ${entra.mint()}`;
    expect(await verifyPerson(foreign, localTokens, issuer.keys, now)).toMatchObject({
      code: 'token-key-unknown',
    });
    await entra.close();
  });
});

describe('the file of its key', () => {
  const failure = async () => {
    const result = await openLocalIssuer(path);
    return result.ok ? undefined : result;
  };

  it('is refused when others can read it, with the fix', async () => {
    await opened();
    await chmod(path, 0o640);
    expect(await failure()).toMatchObject({
      code: 'too-open',
      message: `${path} can be read by others, who could act as anybody: chmod 600 it`,
    });
  });

  const pem = (bits: number) =>
    generateKeyPairSync('rsa', {
      modulusLength: bits,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
  it.each([
    ['is empty', () => ''],
    ['is cut short', () => pem(2048).privateKey.slice(0, 500)],
    ['holds a public key', () => pem(2048).publicKey],
    ['holds a short key', () => pem(1024).privateKey],
  ])('is neither used nor replaced when it %s', async (_, text) => {
    const written = text();
    await writeFile(path, written, { mode: 0o600 });
    const refused = await failure();
    expect(refused).toMatchObject({ code: 'invalid', message: expect.stringContaining('delete it') });
    expect(await readFile(path, 'utf8')).toBe(written);
    if (written) expect(refused?.message).not.toContain(written.slice(30, 60));
  });

  it('names the place when it cannot be written', async () => {
    path = join(folder, 'missing', 'issuer.pem');
    expect(await failure()).toMatchObject({
      code: 'unwritable',
      message: expect.stringContaining(`${path} cannot be written (ENOENT)`),
    });
  });

  it('may not be a folder', async () => {
    path = folder;
    expect(await failure()).toMatchObject({ code: 'invalid' });
  });
});
