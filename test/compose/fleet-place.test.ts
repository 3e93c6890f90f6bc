/** What SEALWATCH_FLEET may name, and whom a token or a key is shown for it (rule 16). */
import { describe, expect, it } from 'vitest';
import { blobServiceOf, isFleetUrl, readFleetPlace } from '../../shared/compose/fleet-place.ts';
import { readSettings } from '../../shared/compose/settings.ts';

const ours = 'https://ours.blob.core.windows.net';
const azurite = 'http://127.0.0.1:10000/devstoreaccount1';

function blobAt(setting: string, own: string | undefined = ours): unknown {
  const read = readFleetPlace(setting, own);
  return read.ok ? read.place.blob : read.problem;
}

describe('SEALWATCH_FLEET', () => {
  it.each(['fleet.yaml', '/etc/sealwatch/fleet.yaml', 'C:\\fleet.yaml', './a?b#c@d'])(
    '%s is a path',
    (path) => {
      expect(isFleetUrl(path)).toBe(false);
      expect(readFleetPlace(path, ours)).toEqual({ ok: true, place: { shown: path } });
    },
  );

  it.each([
    [`${ours}/fleet/fleet.yaml`, { account: ours, own: true, container: 'fleet', blob: 'fleet.yaml' }],
    [`${ours}/fleet/eu/west.yaml`, { account: ours, own: true, container: 'fleet', blob: 'eu/west.yaml' }],
    [
      `${ours}/fleet/our%20fleet.yaml`,
      { account: ours, own: true, container: 'fleet', blob: 'our fleet.yaml' },
    ],
  ])('%s is a blob of the data account', (url, blob) => {
    expect(blobAt(url)).toEqual(blob);
    expect(blobAt(url, `${ours}/`)).toEqual(blob);
  });

  it.each([
    'https://others.blob.core.windows.net',
    'https://others.blob.core.chinacloudapi.cn',
    'https://others.blob.core.usgovcloudapi.net',
    'https://others.z12.blob.storage.azure.net',
  ])('a blob of another account at %s is read, and not with the key of ours', (account) => {
    const place = { account, own: false, container: 'fleet', blob: 'fleet.yaml' };
    expect(blobAt(`${account}/fleet/fleet.yaml`)).toEqual(place);
    expect(blobAt(`${account}/fleet/fleet.yaml`, undefined)).toEqual(place);
  });

  it('a host of its own name is believed where it is the data account', () => {
    const named = 'https://blobs.example.com';
    expect(blobAt(`${named}/fleet/fleet.yaml`, named)).toMatchObject({ account: named, own: true });
    expect(blobAt(`${named}/fleet/fleet.yaml`)).toContain('no token is sent there');
  });

  it('on this machine it is the account of the connection string, by its path too', () => {
    const place = { account: azurite, own: true, container: 'fleet', blob: 'fleet.yaml' };
    expect(blobAt(`${azurite}/fleet/fleet.yaml`, azurite)).toEqual(place);
    for (const other of ['http://127.0.0.1:10000/other', 'http://127.0.0.1:10001/devstoreaccount1'])
      expect(blobAt(`${other}/fleet/fleet.yaml`, azurite)).toContain(
        'not in the account of SEALWATCH_STORAGE',
      );
  });

  it.each([
    'https://blob.core.windows.net',
    'https://ours.blob.core.windows.net.example.com',
    'https://ours.blob.core.windows.net:8443',
    'https://ours.blob.core.windows.net.',
    'https://ours.web.core.windows.net',
    'https://a.b.blob.core.windows.net',
    'https://oursxblob.core.windows.net',
    'https://127.0.0.1:10000',
    'https://169.254.169.254',
    'https://[::1]',
  ])('at %s no token is shown', (host) => {
    expect(blobAt(`${host}/fleet/fleet.yaml`)).toContain('no token is sent there');
  });

  it.each([
    'http://ours.blob.core.windows.net/fleet/fleet.yaml',
    'ftp://ours/fleet/fleet.yaml',
    'file:///fleet.yaml',
  ])('%s is not https', (url) => {
    expect(blobAt(url)).toContain('must be a path, or begin with https://');
  });

  it.each([
    [`${ours}/fleet/fleet.yaml?sv=2025&sig=hunter2`, 'a SAS is a secret'],
    [`${ours}/fleet/fleet.yaml?`, 'a SAS is a secret'],
    [`${ours}/fleet/fleet.yaml#hunter2`, 'a SAS is a secret'],
    ['https://ada:hunter2@ours.blob.core.windows.net/fleet/fleet.yaml', 'no user name or password'],
  ])('%s has a secret in it: refused, and not repeated', (url, why) => {
    const problem = blobAt(url);
    expect(problem).toMatch(/^SEALWATCH_FLEET: /);
    expect(problem).toContain(why);
    expect(problem).toContain('Storage Blob Data Reader');
    expect(problem).not.toContain('hunter2');
  });

  it.each([
    '',
    '/',
    '/fleet.yaml',
    '/fleet/',
    '/fleet//fleet.yaml',
    '/Fleet/fleet.yaml',
    '/a--b/fleet.yaml',
    '/fl/fleet.yaml',
    '/fleet/..%2Fescrow%2Ffleet.yaml',
    '/fleet/a%5Cb',
    '/fleet/%E0%A4%A',
  ])('%j below an account is no blob', (path) => {
    expect(blobAt(`${ours}${path}`)).toContain('must name a container and a blob');
  });

  it.each(['https://', 'https:// /fleet'])('%j is no address', (url) => {
    expect(blobAt(url)).toContain('is not an address like');
  });

  it('stops a start with what is wrong, beside what else is', () => {
    const storage = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' };
    const attempt = () =>
      readSettings({
        ...storage,
        SEALWATCH_FLEET: `${ours}/fleet/fleet.yaml?sig=hunter2`,
        SEALWATCH_ENV_PREFIX: '-',
      });
    expect(attempt).toThrow(/SEALWATCH_FLEET: must end.*SEALWATCH_ENV_PREFIX/);
    expect(attempt).not.toThrow('hunter2');
    expect(readSettings({ ...storage, SEALWATCH_FLEET: `${azurite}/fleet/fleet.yaml` }).fleet).toEqual({
      shown: `${azurite}/fleet/fleet.yaml`,
      blob: { account: azurite, own: true, container: 'fleet', blob: 'fleet.yaml' },
    });
  });
});

describe('the blob service of a connection string', () => {
  it.each([
    ['UseDevelopmentStorage=true', azurite],
    [`AccountName=a;AccountKey=k;BlobEndpoint=${azurite};`, azurite],
    ['DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k==', 'https://a.blob.core.windows.net'],
    [
      'AccountName=a;AccountKey=k;EndpointSuffix=core.chinacloudapi.cn',
      'https://a.blob.core.chinacloudapi.cn',
    ],
    ['SharedAccessSignature=sig', undefined],
  ])('%s', (connectionString, service) => {
    expect(blobServiceOf({ connectionString })).toBe(service);
  });
});
