import { describe, expect, it } from 'vitest';
import { file, limits, problemsOf, toldOf } from './builders.ts';

const c = 'clusters.payments';

describe('addresses', () => {
  const plain = 'must be written in its plain form: lower case, no slash at the end';
  it.each([
    ['vault-0:8200', 'must be an address like https://vault-0.example.com:8200'],
    ['ftp://vault-0', 'must be an address like https://vault-0.example.com:8200'],
    ['https://', 'must be an address like https://vault-0.example.com:8200'],
    ['https://user:word@vault-0:8200', 'must not hold a user or password: use `login`'],
    ['https://vault-0:8200/v1', 'must be an origin only, without path or query'],
    ['https://vault-0:8200?x=1', 'must be an origin only, without path or query'],
    ['https://vault-0.:8200', 'must not have a dot after the host name'],
    ['https://169.254.169.254', 'must not be a link-local address: they are never called'],
    ['https://[fe80::1]:8200', 'must not be a link-local address: they are never called'],
    ['https://[::ffff:169.254.169.254]', 'must not be a link-local address: they are never called'],
    ['https://[::a9fe:a9fe]', 'must not be a link-local address: they are never called'],
    ['https://[2002:a9fe:a9fe::1]', 'must not be a link-local address: they are never called'],
    ['http://vault-0:8200', 'must use https: plain http is for loopback addresses only'],
    ['https://Vault-0:8200', plain],
    ['https://vault-0:8200/', plain],
    ['https://010.0.0.1:8200', plain],
  ])('%s is refused', (address, message) => {
    const [problem, ...more] = problemsOf(file().replace('https://vault-0:8200', `"${address}"`));
    expect(problem).toMatchObject({ line: 4, path: 'clusters.payments.nodes[0]', message });
    expect(more).toEqual([]);
  });

  it.each([
    'https://vault-0',
    'https://vault-0:443',
    'https://10.0.0.1:8200',
    'http://127.0.0.1:8200',
    'http://localhost:1',
    'http://[::1]:8200',
    'https://[2001:db8::1]:8200',
  ])('%s is taken', (address) => {
    expect(problemsOf(file().replace('https://vault-0:8200', `"${address}"`))).toEqual([]);
  });
});

describe('the audience of a login', () => {
  const audience = (value: string, loginAudiences?: string[]) =>
    toldOf(
      file([`login: {method: jwt, role: r, audience: "${value}"}`]),
      limits(loginAudiences && { loginAudiences }),
    ).map((line) => line.replace(/;.*/, ''));

  it.each([
    'api://vault-prod',
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    'api://3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    'https://vault.example.com',
    'https://contoso.onmicrosoft.com/vault',
  ])('%s may be an app registration of your own, once the deployment names it', (value) => {
    expect(audience(value, ['api://other', value])).toEqual([]);
    for (const others of [[], [`${value}/`], [value.slice(0, -1)], [value.toUpperCase()], ['*']])
      expect(audience(value, others)).toEqual([
        `line 5, column 45: ${c}.login.audience: is not allowed: add it to the setting SEALWATCH_LOGIN_AUDIENCES`,
      ]);
  });

  it('is allowed by no deployment that names none', () => {
    const { loginAudiences: _, ...none } = limits();
    const login = '{method: jwt, role: r, audience: "api://vault"}';
    expect(problemsOf(file([`login: ${login}`, `rotateLogin: ${login}`]), none)).toMatchObject([
      { line: 5, path: `${c}.login.audience`, message: expect.stringContaining('SEALWATCH_LOGIN_AUDIENCES') },
      { line: 6, path: `${c}.rotateLogin.audience`, message: expect.stringContaining('is not allowed') },
    ]);
  });

  it.each([
    'https://vault.azure.net',
    'https://vault.azure.net/.default',
    'https://management.azure.com/',
    'https://graph.microsoft.com',
    'https://account.blob.core.windows.net',
    'https://api.loganalytics.io',
    'https://api.applicationinsights.io',
    'https://api.azrbac.mspim.com',
    'https://azconfig.io',
    'https://app.vssps.visualstudio.com',
    'https://dev.azuresynapse.net',
    'https://Sealwatch.azurecr.io.',
    '00000003-0000-0000-c000-000000000000',
    'api://00000003-0000-0000-c000-000000000000',
    'api://contoso/00000003-0000-0000-c000-000000000000',
    'cfa8b339-82a2-471a-a3c9-0fc0be7a4093',
    '499b84ac-1321-427f-aa17-267ca6975798',
    '6DAE42F8-4368-4678-94FF-3960E28E3630',
    'api://AzureADTokenExchange',
    'api://AzureADTokenExchangeUSGov',
  ])(
    '%s is a Microsoft service: such a token must not reach a Vault, whatever the deployment says',
    (value) => {
      expect(audience(value, [value])).toEqual([
        `line 5, column 45: ${c}.login.audience: must be an app registration of your own: a token for a Microsoft service must not be sent to a Vault`,
      ]);
    },
  );
});
