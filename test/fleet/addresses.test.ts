import { describe, expect, it } from 'vitest';
import { file, problemsOf, toldOf } from './builders.ts';

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
  const audience = (value: string) =>
    toldOf(file([`login: {method: jwt, role: r, audience: "${value}"}`])).map((line) =>
      line.replace(/;.*/, ''),
    );

  it.each([
    'api://vault-prod',
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    'api://3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    'https://vault.example.com',
    'https://contoso.onmicrosoft.com/vault',
  ])('%s may be an app registration of your own', (value) => expect(audience(value)).toEqual([]));

  it.each([
    'https://vault.azure.net',
    'https://vault.azure.net/.default',
    'https://management.azure.com/',
    'https://graph.microsoft.com',
    'https://account.blob.core.windows.net',
    '00000003-0000-0000-c000-000000000000',
    'api://00000003-0000-0000-c000-000000000000',
    'cfa8b339-82a2-471a-a3c9-0fc0be7a4093',
  ])('%s is a Microsoft service: such a token must not reach a Vault', (value) => {
    expect(audience(value)).toEqual([
      `line 5, column 45: ${c}.login.audience: must be an app registration of your own: a token for a Microsoft service must not be sent to a Vault`,
    ]);
  });
});
