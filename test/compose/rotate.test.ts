/** The rotate app as it is composed: where a seal's token comes from and goes to, and what of it is seen. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { composeRotate } from '../../shared/compose/rotate.ts';
import { readyFleet } from '../../shared/work/rotate/ready.ts';
import { showReadiness } from '../../shared/work/rotate/show.ts';
import { answer, echo, html, redirect } from '../fakes/hostile/behaviours.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import type { Behaviour } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type TestAuthority } from '../fakes/pki.ts';
import { type MemoryRotateState, memoryRotateState } from '../fakes/state/rotate-memory.ts';
import { givesToken, type Provider, startProvider, tokenBody, usualKeys } from '../readiness/provider.ts';

const token = 'hvs.CAESIJ-the-Token-of-the-Seal';
const own = 'hvs.CAESIK-a-Token-of-Our-Own';

let authority: TestAuthority;
let provider: Provider;
let folder: string;
let state: MemoryRotateState;
let lines: string[];
let secrets: Record<string, string>;

beforeAll(async () => {
  authority = await createAuthority('Provider CA');
  provider = await startProvider(await authority.issue({ names: ['127.0.0.1'] }));
});
afterAll(() => provider.close());
beforeEach(() => {
  provider.manners({});
  provider.received.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-rotate-'));
  state = memoryRotateState();
  lines = [];
  secrets = { SEALWATCH_SECRET_SEAL: token, SEALWATCH_SECRET_OWN: own };
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Over {
  seal?: Record<string, unknown>;
  root?: Record<string, unknown>;
}

function composed({ seal = {}, root = {} }: Over = {}) {
  const path = join(folder, 'fleet.yaml');
  const clusters = {
    root: {
      nodes: [provider.address],
      tls: { ca: authority.certPem },
      login: { method: 'token', token: 'env:SEALWATCH_SECRET_OWN' },
      ...root,
    },
    payments: {
      nodes: ['https://payments-0.example.com:8200'],
      seal: {
        type: 'transit',
        provider: 'root',
        key: 'payments',
        token: 'env:SEALWATCH_SECRET_SEAL',
        ...seal,
      },
    },
  };
  writeFileSync(path, stringify({ version: 1, clusters }));
  const env = {
    SEALWATCH_FLEET: path,
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    SEALWATCH_ENDPOINT_HOSTS: 'vault.example.com,169.254.169.254',
    SEALWATCH_SEAL_HOSTS: '169.254.169.254',
    ...secrets,
  };
  const { deps } = composeRotate(env, {
    state,
    generations: async () => ({ rows: [], unreadable: [] }),
    write: (line) => lines.push(line),
  });
  // Who does not serve is asked again at once.
  return { ...deps, clock: { ...deps.clock, sleep: async () => undefined } };
}

/** One run, and what was kept of `payments`. */
async function ready(over: Over = {}, deps = composed(over)) {
  await readyFleet(deps);
  const { rows } = await state.readiness.list('payments');
  const all = { rows: (await state.readiness.list()).rows, lines, shown: await showReadiness(deps) };
  expect(leaks(all, [token, own])).toEqual([]);
  return rows[0];
}

const unknown = (why: string) => ({
  standing: { state: 'unknown', why: expect.stringContaining(why) as string },
  problems: [{ code: 'readiness-unknown' }],
});

describe('a transit seal in fleet.yaml', () => {
  it('is exercised with the token that its reference leads to, and the key read with the login there', async () => {
    expect(await ready()).toMatchObject({ standing: { state: 'ready' }, problems: [] });
    const used = new Set(provider.received.map(({ headers }) => headers['x-vault-token']));
    expect(used).toEqual(new Set([token, own]));
  });

  it('is asked for at seal.address where that is given', async () => {
    const other = await startProvider(await authority.issue({ names: ['127.0.0.1'] }));
    try {
      expect(await ready({ seal: { address: other.address } })).toMatchObject({
        standing: { state: 'ready' },
      });
      expect(other.asked()).toContain('encrypt');
      expect(provider.received).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('is never asked for at a link-local address, not even by a setting', async () => {
    await expect(ready({ seal: { address: 'https://169.254.169.254' } })).rejects.toThrow(/link-local/);
    expect(provider.received).toEqual([]);
  });

  it.each<[string, Over, string]>([
    ['no token', { seal: { token: undefined } }, 'seal.token is not in fleet.yaml'],
    [
      'an address that SEALWATCH_SEAL_HOSTS does not list',
      { seal: { address: 'https://vault.example.com' } },
      "seal.address: vault.example.com is not among the hosts that a seal's token may be sent to (setting SEALWATCH_SEAL_HOSTS)",
    ],
    ['a token outside the limits', { seal: { token: 'env:HOME' } }, 'seal.token: env:HOME: the variable'],
    [
      'a token in a vault that rotate may not read',
      { seal: { token: 'keyvault:https://kv-seals.vault.azure.net/secrets/payments' } },
      'SEALWATCH_KEY_VAULTS',
    ],
    ['a token that is not there', { seal: { token: 'env:SEALWATCH_SECRET_NONE' } }, 'SEALWATCH_SECRET_NONE'],
    [
      'a CA that cannot be read',
      { root: { tls: { ca: 'env:SEALWATCH_SECRET_NONE' } } },
      'clusters.root: tls.ca',
    ],
  ])('with %s is unknown, and says what to mend', async (_what, over, why) => {
    expect(await ready(over)).toMatchObject(unknown(why));
    expect(provider.received).toEqual([]);
  });

  it('of a provider with one node that is not listed has its secrets read by nobody', async () => {
    const nodes = [provider.address, 'https://collector.example.net:8200'];
    const root = { nodes, tls: { ca: 'env:SEALWATCH_SECRET_NONE' } };
    expect(await ready({ root, seal: { token: 'env:SEALWATCH_SECRET_NONE' } })).toMatchObject(
      unknown('clusters.root.nodes: collector.example.net:8200 is not among the hosts'),
    );
    expect(provider.received).toEqual([]);
  });

  it('in a file is used without the newline at its end, and that is said', async () => {
    secrets['SEALWATCH_FILE_ROOT'] = realpathSync(folder);
    const path = join(realpathSync(folder), 'token');
    writeFileSync(path, `${token}\n`);
    const row = await ready({ seal: { token: `file:${path}` } });
    expect(row?.standing.state).toBe('ready');
    expect(row?.evidence.join('\n')).toContain('white space around it');
    writeFileSync(path, '\n');
    expect(await ready({ seal: { token: `file:${path}` } })).toMatchObject(
      unknown('nothing but white space'),
    );
  });

  it('with white space around its token is used without it, and that is said', async () => {
    secrets['SEALWATCH_SECRET_SEAL'] = `${token}\n`;
    const row = await ready();
    expect(row?.standing.state).toBe('ready');
    expect(row?.evidence.join('\n')).toContain('white space around it');
  });

  it('with a token that holds a line break inside is unknown, and the token not shown', async () => {
    secrets['SEALWATCH_SECRET_SEAL'] = `first\n${token}`;
    expect(await ready()).toMatchObject(unknown('it holds what no token holds'));
  });

  it('costs the provider one login for many exercises, and another one once its token is revoked', async () => {
    secrets['SEALWATCH_SECRET_ROLE'] = 'the-secret-id';
    const login = { method: 'approle', roleId: 'the-role', secretId: 'env:SEALWATCH_SECRET_ROLE' };
    const over = { root: { login } };
    const deps = composed(over);
    provider.manners({ login: givesToken(own) });
    await ready(over, deps);
    await ready(over, deps);
    const logins = () => provider.asked().filter((asked) => asked === 'login').length;
    expect(logins()).toBe(1);

    const newer = 'hvs.CAESIN-a-newer-Token-of-Our-Own';
    const keys: Behaviour = (request, ...rest) =>
      (request.headers['x-vault-token'] === newer ? usualKeys : echo(403))(request, ...rest);
    provider.manners({ login: givesToken(newer), keys });
    expect((await ready(over, deps))?.unjudged).toEqual({});
    expect(logins()).toBe(2);
  });

  it('at a provider without a login is exercised all the same', async () => {
    const row = await ready({ root: { login: undefined } });
    expect(row?.standing.state).toBe('ready');
    expect(row?.unjudged).toEqual({
      'seal-key-version-at-risk': expect.stringContaining('root has no login in fleet.yaml') as string,
    });
  });
});

describe('nothing leaks', () => {
  const names = [token, own].flatMap((each) => [each, Buffer.from(each).toString('hex')]);
  const hostileToken = { data: { ...tokenBody, policies: names } };
  // `ready` looks through rows, log and what is shown.
  it.each([
    ['echoes with 403', echo(403)],
    ['echoes with 500', echo(500)],
    ['echoes with 200', echo(200)],
    ['echoes with a redirect', echo(307)],
    ['is a web page', html],
    ['sends us elsewhere', redirect(`https://${token.replaceAll('.', '-')}.test/`)],
  ])('to a provider that %s', async (_what, behaviour) => {
    provider.manners({
      encrypt: behaviour,
      decrypt: behaviour,
      'lookup-self': behaviour,
      'capabilities-self': behaviour,
      keys: behaviour,
    });
    expect((await ready())?.standing.state).not.toBe('ready');
    provider.manners({ decrypt: behaviour });
    expect((await ready())?.standing.state).not.toBe('ready');
  });

  it('to one that calls policies, versions and rights after the token', async () => {
    provider.manners({
      'lookup-self': answer(200, hostileToken),
      'capabilities-self': answer(200, { data: { [token]: [token.slice(0, 30)] } }),
      keys: answer(200, { data: { latest_version: token } }),
    });
    expect((await ready())?.standing.state).toBe('ready');
  });
});
