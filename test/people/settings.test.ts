import { describe, expect, it } from 'vitest';
import { localTokens, readPeopleSettings } from '../../shared/people/settings.ts';

const tenant = '11111111-aaaa-4aaa-8aaa-000000000001';
const audience = '22222222-bbbb-4bbb-8bbb-000000000002';
const clients = ['33333333-cccc-4ccc-8ccc-000000000003', '44444444-dddd-4ddd-8ddd-000000000004'];
const entra = {
  SEALWATCH_ENTRA_TENANT: tenant,
  SEALWATCH_ENTRA_AUDIENCE: audience,
  SEALWATCH_ENTRA_CLIENTS: clients.join(','),
};

function problems(env: Record<string, string | undefined>): string[] {
  const read = readPeopleSettings(env);
  return read.ok ? [] : read.problems;
}

describe('settings of people’s access', () => {
  it('name one tenant, whose v2 issuer and key set follow from it', () => {
    expect(readPeopleSettings({ ...entra, WEBSITE_SITE_NAME: 'sealwatch-recover' })).toEqual({
      ok: true,
      settings: {
        kind: 'entra',
        keysUrl: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
        tokens: {
          issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
          tenant,
          audience,
          clients,
          scope: 'Sealwatch.Access',
          objectId: 'guid',
        },
      },
    });
  });

  it.each([
    ['another scope', { SEALWATCH_ENTRA_SCOPE: 'Vault.Recover' }, { scope: 'Vault.Recover' }],
    ['one client', { SEALWATCH_ENTRA_CLIENTS: clients[0] }, { clients: [clients[0]] }],
    ['spaces and line ends around', { SEALWATCH_ENTRA_CLIENTS: ` ${clients.join(' ,\n')}, ` }, { clients }],
    ['capitals, where tokens have none', { SEALWATCH_ENTRA_TENANT: tenant.toUpperCase() }, { tenant }],
  ])('may have %s', (_, env, tokens) => {
    expect(readPeopleSettings({ ...entra, ...env })).toMatchObject({ ok: true, settings: { tokens } });
  });

  it('may be the embedded host’s own issuer', () => {
    expect(readPeopleSettings({ SEALWATCH_ISSUER_FILE: '/var/lib/sealwatch/issuer.pem' })).toEqual({
      ok: true,
      settings: { kind: 'local', tokens: localTokens, issuerFile: '/var/lib/sealwatch/issuer.pem' },
    });
  });

  it('may be missing altogether, or emptied: nobody has access then', () => {
    expect(readPeopleSettings({})).toEqual({ ok: true, settings: undefined });
    expect(readPeopleSettings({ SEALWATCH_ENTRA_TENANT: '', SEALWATCH_ISSUER_FILE: ' ' })).toEqual({
      ok: true,
      settings: undefined,
    });
  });

  it('refuse the own issuer on Azure, with and without Entra beside it', () => {
    const env = { SEALWATCH_ISSUER_FILE: 'issuer.pem', WEBSITE_SITE_NAME: 'sealwatch-recover' };
    const refusal = [expect.stringContaining("the embedded host's own issuer does not start on Azure")];
    expect(problems(env)).toEqual(refusal);
    expect(problems({ ...env, ...entra })).toEqual(refusal);
  });

  it('refuse two issuers at once', () => {
    expect(problems({ ...entra, SEALWATCH_ISSUER_FILE: 'issuer.pem' })).toEqual([
      'SEALWATCH_ISSUER_FILE: set either this or the SEALWATCH_ENTRA_ settings, not both',
    ]);
  });

  it.each([
    ['SEALWATCH_ENTRA_TENANT', 'organizations'],
    ['SEALWATCH_ENTRA_TENANT', 'contoso.onmicrosoft.com'],
    ['SEALWATCH_ENTRA_TENANT', `${tenant}/../common`],
    ['SEALWATCH_ENTRA_AUDIENCE', `api://${audience}`],
    ['SEALWATCH_ENTRA_CLIENTS', `${clients[0]},anyone`],
    ['SEALWATCH_ENTRA_SCOPE', 'Sealwatch.Access openid'],
    ['SEALWATCH_ENTRA_SCOPE', `api://${audience}/Sealwatch.Access`],
  ])('refuse %s = %s by name, without repeating it', (name, value) => {
    const told = problems({ ...entra, [name]: value });
    expect(told).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
    expect(told.join()).not.toContain(value);
  });

  it.each(['SEALWATCH_ENTRA_TENANT', 'SEALWATCH_ENTRA_AUDIENCE', 'SEALWATCH_ENTRA_CLIENTS'])(
    'ask for %s where the others are set',
    (name) => {
      expect(problems({ ...entra, [name]: ' ' })).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
    },
  );

  it('tell every problem at once', () => {
    const told = problems({ SEALWATCH_ENTRA_CLIENTS: 'a,b', SEALWATCH_ENTRA_SCOPE: 'a b' });
    expect(told.map((problem) => problem.split(':')[0])).toEqual([
      'SEALWATCH_ENTRA_TENANT',
      'SEALWATCH_ENTRA_AUDIENCE',
      'SEALWATCH_ENTRA_CLIENTS',
      'SEALWATCH_ENTRA_CLIENTS',
      'SEALWATCH_ENTRA_SCOPE',
    ]);
  });
});
