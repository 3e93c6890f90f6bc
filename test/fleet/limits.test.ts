import { describe, expect, it } from 'vitest';
import { checkEndpoint } from '../../shared/fleet/endpoint.ts';
import { readLimits } from '../../shared/fleet/limits.ts';
import { isLinkLocal, isLoopback } from '../../shared/fleet/network.ts';
import { mayTakeSealToken } from '../../shared/fleet/seal-hosts.ts';
import { limits } from './builders.ts';

describe('settings of the deployment', () => {
  it('default to a prefix and nothing else', () => {
    expect(readLimits({})).toEqual({
      ok: true,
      limits: { envPrefix: 'SEALWATCH_SECRET_', keyVaults: [], escrowVaults: [], endpointHosts: [] },
    });
  });

  it('are read as lists with commas or spaces', () => {
    const settings = {
      SEALWATCH_ENV_PREFIX: 'PROD_',
      SEALWATCH_FILE_ROOT: '/mnt/secrets',
      SEALWATCH_KEY_VAULTS: 'https://A.vault.azure.net/, https://b.vault.azure.net',
      SEALWATCH_ESCROW_VAULTS: 'https://Escrow-a.vault.azure.net',
      SEALWATCH_SEAL_VAULTS: 'https://Unseal.vault.azure.net/',
      SEALWATCH_SEAL_HOSTS: 'Vault-root.example.com:8200, *.vault.example.com:8200',
      SEALWATCH_SINK_VAULTS: 'https://Kv-seals.vault.azure.net/ https://kv-b.vault.azure.net',
      SEALWATCH_SINK_HOSTS: 'Deploy.example.com:8443',
      SEALWATCH_SINK_ROOT: '/mnt/seals',
      SEALWATCH_ENDPOINT_HOSTS: 'events.example.com *.Example.org,127.0.0.1:9000 [::1]:80',
      SEALWATCH_LOGIN_AUDIENCES: 'api://Vault-prod, 3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    };
    expect(readLimits(settings)).toEqual({
      ok: true,
      limits: {
        envPrefix: 'PROD_',
        fileRoot: '/mnt/secrets',
        keyVaults: ['https://a.vault.azure.net', 'https://b.vault.azure.net'],
        escrowVaults: ['https://escrow-a.vault.azure.net'],
        sealVaults: ['https://unseal.vault.azure.net'],
        sealHosts: ['vault-root.example.com:8200', '*.vault.example.com:8200'],
        sinkVaults: ['https://kv-seals.vault.azure.net', 'https://kv-b.vault.azure.net'],
        sinkHosts: ['deploy.example.com:8443'],
        sinkRoot: '/mnt/seals',
        endpointHosts: ['events.example.com', '*.example.org', '127.0.0.1:9000', '[::1]:80'],
        loginAudiences: ['api://Vault-prod', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
      },
    });
  });

  it.each([
    ['SEALWATCH_ENV_PREFIX', '', 'SEALWATCH_ENV_PREFIX must be at least 4 letters, digits or underscores'],
    [
      'SEALWATCH_FILE_ROOT',
      '/',
      'SEALWATCH_FILE_ROOT must be an absolute path of a folder, not the root itself',
    ],
    [
      'SEALWATCH_FILE_ROOT',
      '/mnt/../etc',
      'SEALWATCH_FILE_ROOT must be an absolute path of a folder, not the root itself',
    ],
    [
      'SEALWATCH_FILE_ROOT',
      'secrets',
      'SEALWATCH_FILE_ROOT must be an absolute path of a folder, not the root itself',
    ],
    [
      'SEALWATCH_KEY_VAULTS',
      'https://a.vault.azure.net http://b',
      'SEALWATCH_KEY_VAULTS: entry 2 is not an address like https://NAME.vault.azure.net',
    ],
    [
      'SEALWATCH_ESCROW_VAULTS',
      'https://a.vault.azure.net/keys/k',
      'SEALWATCH_ESCROW_VAULTS: entry 1 is not an address like https://NAME.vault.azure.net',
    ],
    [
      'SEALWATCH_SEAL_VAULTS',
      'unseal.vault.azure.net',
      'SEALWATCH_SEAL_VAULTS: entry 1 is not an address like https://NAME.vault.azure.net',
    ],
    [
      'SEALWATCH_SEAL_HOSTS',
      'vault-root https://vault-root:8200',
      'SEALWATCH_SEAL_HOSTS: entry 2 is not a host, host:port or *.suffix',
    ],
    [
      'SEALWATCH_SINK_VAULTS',
      'https://a.vault.azure.net https://b.vault.azure.net/secrets/s',
      'SEALWATCH_SINK_VAULTS: entry 2 is not an address like https://NAME.vault.azure.net',
    ],
    [
      'SEALWATCH_SINK_HOSTS',
      'https://deploy.example.com',
      'SEALWATCH_SINK_HOSTS: entry 1 is not a host, host:port or *.suffix',
    ],
    [
      'SEALWATCH_SINK_ROOT',
      '/mnt/seals/..',
      'SEALWATCH_SINK_ROOT must be an absolute path of a folder, not the root itself',
    ],
    [
      'SEALWATCH_SINK_ROOT',
      '/',
      'SEALWATCH_SINK_ROOT must be an absolute path of a folder, not the root itself',
    ],
    [
      'SEALWATCH_ENDPOINT_HOSTS',
      '*',
      'SEALWATCH_ENDPOINT_HOSTS: entry 1 is not a host, host:port or *.suffix',
    ],
    [
      'SEALWATCH_ENDPOINT_HOSTS',
      'https://a',
      'SEALWATCH_ENDPOINT_HOSTS: entry 1 is not a host, host:port or *.suffix',
    ],
    [
      'SEALWATCH_LOGIN_AUDIENCES',
      'api://vault-prod https://vault.azure.net',
      'SEALWATCH_LOGIN_AUDIENCES: entry 2 must be an app registration of your own: a token for a Microsoft service must not be sent to a Vault',
    ],
    [
      'SEALWATCH_LOGIN_AUDIENCES',
      '*',
      'SEALWATCH_LOGIN_AUDIENCES: entry 1 must be an app registration: api://NAME, its id, or an https:// identifier',
    ],
  ])('%s=%j is refused', (name, value, problem) => {
    expect(readLimits({ [name]: value })).toEqual({ ok: false, problems: [problem] });
  });
});

describe('an endpoint', () => {
  const own = limits({
    endpointHosts: [
      'events.example.com',
      'events.example.com:8443',
      '*.example.org',
      '127.0.0.1:9000',
      '127.0.0.1:9000',
    ],
  });

  it.each([
    ['https://hooks.slack.com/services/T/B/x', 'slack'],
    ['https://x.y.api.powerplatform.com:443/workflows/1?sig=x', 'teams'],
    ['https://prod-1.westeurope.logic.azure.com/workflows/1', 'teams'],
    ['https://events.example.com/x', 'webhook'],
    ['https://events.example.com:8443/x', 'webhook'],
    ['https://a.b.example.org/x', 'heartbeat'],
    ['http://127.0.0.1:9000/x', 'webhook'],
    ['http://127.0.0.1:9000/x', 'slack'],
  ] as const)('%s may be called by %s', (url, kind) => {
    expect(checkEndpoint(url, kind, own)).toEqual({ ok: true, url: new URL(url) });
  });

  it.each([
    [
      'https://hooks.slack.com/x',
      'webhook',
      'host hooks.slack.com is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ],
    [
      'https://hooks.slack.com:8443/x',
      'slack',
      'host hooks.slack.com:8443 is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ],
    [
      'https://hooks.slack.com.evil.net/x',
      'slack',
      'host hooks.slack.com.evil.net is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ],
    [
      'https://example.org/x',
      'webhook',
      'host example.org is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ],
    [
      'https://notexample.org/x',
      'webhook',
      'host notexample.org is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ],
    [
      'https://a.example.org:444/x',
      'webhook',
      'host a.example.org:444 is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ],
    [
      'https://tenant.webhook.office.com/x',
      'teams',
      'host tenant.webhook.office.com is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ],
    ['http://events.example.com/x', 'webhook', 'must use https: plain http is for loopback addresses only'],
    ['https://u:p@events.example.com/x', 'webhook', 'must not hold a user or password'],
    ['https://169.254.169.254/x', 'webhook', 'must not be a link-local address: they are never called'],
    ['https://[::ffff:a9fe:a9fe]/x', 'webhook', 'must not be a link-local address: they are never called'],
    ['ftp://events.example.com', 'webhook', 'must be a URL that begins with https://'],
    ['whsec_abc', 'webhook', 'must be a URL that begins with https://'],
  ] as const)('%s may not be called by %s', (url, kind, reason) => {
    expect(checkEndpoint(url, kind, own)).toEqual({ ok: false, reason });
  });
});

describe('a sink', () => {
  const own = limits({ sinkHosts: ['deploy.example.com'], endpointHosts: ['events.example.com'] });

  it('may be told at a host of its own setting, and at no host of the others', () => {
    const url = 'https://deploy.example.com/x';
    expect(checkEndpoint(url, 'sink', own)).toEqual({ ok: true, url: new URL(url) });
    expect(checkEndpoint(url, 'webhook', own)).toMatchObject({ ok: false });
    expect(checkEndpoint('https://events.example.com/x', 'sink', own)).toEqual({
      ok: false,
      reason: 'host events.example.com is not allowed: add it to the setting SEALWATCH_SINK_HOSTS',
    });
    expect(checkEndpoint('https://hooks.slack.com/x', 'sink', limits())).toMatchObject({ ok: false });
  });
});

describe("a seal's token", () => {
  const hosts = ['vault-root:8200', '*.vault.example.com:8200', 'lb.example.com'];

  it.each([
    'https://vault-root:8200',
    'https://a.vault.example.com:8200',
    'https://lb.example.com',
    'https://127.0.0.1:8200',
    'https://127.9.9.9',
    'https://[::1]:8200',
    'https://localhost:8200',
  ])('may be sent to %s', (url) => expect(mayTakeSealToken(new URL(url), hosts)).toBe(true));

  it.each([
    'https://vault-root',
    'https://vault-root:8201',
    'https://vault.example.com:8200',
    'https://a.vault.example.com',
    'https://a.vault.example.com.evil.test:8200',
    'https://lb.example.com.evil.test',
    'https://lb.example.com:8200',
    'https://localhost.evil.test:8200',
    'https://127.0.0.1.evil.test:8200',
    'https://10.0.0.1:8200',
    'https://[::]:8200',
  ])('may not be sent to %s', (url) => expect(mayTakeSealToken(new URL(url), hosts)).toBe(false));
});

describe('addresses', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.0',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    'fe80::1',
    'fe80::1%eth0',
    '[fe80::1]',
    'febf::1',
  ])('%s is link-local', (ip) => expect(isLinkLocal(ip)).toBe(true));

  it.each(['169.253.255.255', '10.0.0.1', '::1', 'fec0::1', '::ffff:10.0.0.1', 'vault.example.com', ''])(
    '%s is not',
    (ip) => expect(isLinkLocal(ip)).toBe(false),
  );

  it.each(['localhost', '127.0.0.1', '127.9.9.9', '[::1]', '::ffff:127.0.0.1'])('%s is loopback', (host) =>
    expect(isLoopback(host)).toBe(true),
  );

  it.each(['localhost.example.com', '128.0.0.1', '0.0.0.0', '[::]'])('%s is not loopback', (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});
