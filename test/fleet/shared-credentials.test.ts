/** Who else reads what a rotation replaces or writes: whoever shares it must get the new one, and nobody else may read it. */
import { describe, expect, it } from 'vitest';
import { toldOf } from './builders.ts';
import {
  azure,
  file,
  hook,
  ids,
  secret,
  secretName,
  text,
  token,
  tokenFile,
  transit,
  vault,
  withoutPlace,
} from './rotation-builders.ts';

const fleetWith = (a: [string, string], b: string, more = '') =>
  text({ a, b: [b, 'none'] })
    .replace(/ +rotation: none\n/, '')
    .concat(more);
const told = (a: [string, string], b: string, more?: string) => withoutPlace(toldOf(fleetWith(a, b, more)));

const version = '0'.repeat(32);
const both = token(file, vault);
const rotated: [string, string] = [transit(), both];
const versioned = (where: string) =>
  `${where}: must not name a version beside rotation: it would stay the old one`;

describe('a token that another cluster reads, too,', () => {
  it.each([
    ['from the same file', `file:${tokenFile}`],
    ['from another sink', secretName],
    ['however that is spelt', 'keyvault:https://KV-APPS.vault.azure.net/secrets/SEAL'],
  ])('is delivered to it: %s', (_, reference) => {
    expect(told(rotated, transit(`token: "${reference}"`))).toEqual([]);
  });

  it.each([secretName, 'keyvault:https://KV-Apps.vault.azure.net/secrets/Seal'])(
    'must not be pinned there: %s',
    (reference) => {
      const pinned = transit(`token: "${reference}/${version}"`);
      expect(told(rotated, pinned)).toEqual([versioned('clusters.b.seal.token')]);
      const hooked: [string, string] = [transit(), token(file, vault, hook)];
      expect(told(hooked, pinned)).toEqual([versioned('clusters.b.seal.token')]);
    },
  );

  it('is not rotated by that one, too', () => {
    const b: [string, string] = [
      transit(`token: "${secretName}"`),
      token('own: {kind: file, path: /b}', hook),
    ];
    const same = (again: string, first: string) =>
      `clusters.${again}.rotation.token: the same is rotated by clusters.${first}.rotation.token: let one cluster do it for all that unseal with it`;
    expect(withoutPlace(toldOf(text({ a: rotated, b })))).toEqual([same('b', 'a')]);
    expect(withoutPlace(toldOf(text({ b, a: rotated })))).toEqual([same('b', 'a')]);
  });

  it('is told once where two entries write one place, whoever reads it', () => {
    const at = (...paths: string[]) =>
      token(...paths.map((path) => `f${path.slice(1).replace('.', '-')}: {kind: file, path: ${path}}`));
    const reads = (path: string) => transit(`token: "file:${path}"`);
    const of = (a: [string, string], b: [string, string]) => withoutPlace(toldOf(text({ a, b })));
    const writes = (b: string, a: string) =>
      `clusters.b.rotation.sinks.${b}: writes what clusters.a.rotation.sinks.${a} writes: give each sink a place of its own`;
    const two: [string, string] = [reads('/a'), at('/a', '/b')];
    const one: [string, string] = [reads('/b'), at('/b')];
    expect(of(two, one)).toEqual([writes('fb', 'fb')]);
    expect(of(one, two)).toEqual([writes('fb', 'fb')]);
    expect(of([reads('/a'), at('/a')], [reads('/a.next'), at('/a.next')])).toEqual([writes('fa-next', 'fa')]);
    const elsewhere: [string, string] = [reads('/b'), at('/c').replace('sinks: {', `sinks: {${hook}, `)];
    const same = expect.stringContaining(
      'clusters.b.rotation.token: the same is rotated by clusters.a.rotation.token',
    ) as string;
    expect(of(one, elsewhere)).toEqual([same]);
    expect(of(elsewhere, one)).toEqual([same]);
  });

  it.each([
    ['key', 'key: k', 'key: other', 'transit/other'],
    ['mount', 'key: k', 'key: k, mount: seals', 'seals/k'],
  ])('is not one of another %s: only its own is tried with a new one', (_, was, is, key) => {
    const problem = `clusters.b.seal: unseals with key ${key}, but clusters.a.rotation.token tries a new token with key transit/k: give this cluster the same key, or a token of its own`;
    for (const reference of [`file:${tokenFile}`, secretName])
      expect(told(rotated, transit(`token: "${reference}"`).replace(was, is))).toEqual([problem]);
    expect(told(rotated, transit('token: "file:/run/another"').replace(was, is))).toEqual([]);
  });

  it('is no client secret', () => {
    const b = transit(`token: "${secretName}"`);
    expect(told([azure(), secret(vault)], b)).toEqual([
      'clusters.a.rotation.sinks.app-vault: writes what clusters.b.seal.token refers to: give each sink a place of its own',
    ]);
  });

  it('is another one at another provider, and is not written over it', () => {
    const b = transit(`token: "${secretName}"`).replace('root', 'a');
    expect(told(rotated, b)).toEqual([
      'clusters.a.rotation.sinks.app-vault: writes what clusters.b.seal.token refers to: give each sink a place of its own',
    ]);
    expect(told(rotated, b.replace('secrets/seal', 'secrets/other'))).toEqual([]);
  });
});

describe('a client secret that another cluster signs in with, too,', () => {
  const own: [string, string] = [azure(), secret(vault)];
  const hooked: [string, string] = [azure(), secret(vault, hook)];
  const other = azure;
  const unknown =
    'clusters.b.seal: must say where its nodes read their client secret (clientSecret), or what they sign in with instead (clientCertificate): clusters.a.rotation.secret rotates the secret of the same application, and then the old one ends';

  it('must be known there, also where a webhook tells of it', () => {
    for (const a of [own, hooked]) expect(told(a, other(ids))).toEqual([unknown]);
    expect(told(own, other(`${ids}, clientCertificate: "file:/etc/seal.pem"`))).toEqual([]);
    expect(told(own, other('identity: managed'))).toEqual([]);
    expect(told(own, other(ids.replace('b7e6a1d4', '00000000')))).toEqual([]);
  });

  it('may be brought elsewhere by a webhook: there it can be read back', () => {
    const b = other(`${ids}, clientSecret: "file:/run/b"`);
    expect(told(hooked, b)).toEqual([]);
    expect(told(own, b)).toEqual([
      'clusters.b.seal.clientSecret: must be what one of clusters.a.rotation.sinks writes (file:PATH or keyvault:https://VAULT/secrets/NAME): from any other place the old one would be read again',
    ]);
  });

  it('is never one of a version, nor what is kept beside it', () => {
    for (const a of [own, hooked]) {
      expect(told(a, other(`${ids}, clientSecret: "${secretName}/${version}"`))).toEqual([
        versioned('clusters.b.seal.clientSecret'),
      ]);
      expect(told(a, other(`${ids}, clientSecret: "${secretName}-Previous"`))).toEqual([
        'clusters.b.seal.clientSecret: must not be what clusters.a.rotation.sinks keeps beside a value (next, previous): refer to the value itself',
      ]);
    }
  });

  it('of another application is not written over', () => {
    const b = other(`${ids.replace('b7e6a1d4', '00000000')}, clientSecret: "${secretName}"`);
    expect(told(own, b)).toEqual([
      'clusters.a.rotation.sinks.app-vault: writes what clusters.b.seal.clientSecret refers to: give each sink a place of its own',
    ]);
  });
});

describe('what a sink writes', () => {
  const sinkOf = (kind: 'node-file' | 'app-vault', path: string, slots = false) =>
    `clusters.a.rotation.sinks.${kind}: writes what ${path} refers to${slots ? ' (a sink also writes NAME-next and NAME-previous, PATH.next and PATH.previous)' : ''}: give each sink a place of its own`;
  const elsewhere = (name: string, field: string) =>
    `  ${name}: {nodes: ["https://${name}:8200"], ${field}}\n`;
  const kv = (secretOf: string) => `keyvault:https://kv-apps.vault.azure.net/secrets/${secretOf}`;

  it.each<[string, string, string]>([
    ['a CA', elsewhere('c', `tls: {ca: "file:${tokenFile}"}`), sinkOf('node-file', 'clusters.c.tls.ca')],
    [
      'a login',
      elsewhere('c', `login: {method: approle, roleId: x, secretId: "${kv('SEAL')}/${version}"}`),
      sinkOf('app-vault', 'clusters.c.login.secretId'),
    ],
    [
      "rotate's login",
      elsewhere('c', `rotateLogin: {method: token, token: "file:${tokenFile}.next"}`),
      sinkOf('node-file', 'clusters.c.rotateLogin.token', true),
    ],
    [
      "another seal's certificate",
      elsewhere('c', `seal: ${azure(`${ids}, clientCertificate: "${kv('seal-next')}"`)}`),
      sinkOf('app-vault', 'clusters.c.seal.clientCertificate', true),
    ],
    [
      'a passphrase',
      elsewhere('c', `escrow: {custodians: {x: {passphrase: "file:${tokenFile}.previous", shares: [1]}}}`),
      sinkOf('node-file', 'clusters.c.escrow.custodians.x.passphrase', true),
    ],
    [
      'a signing key',
      `channels: {w: {kind: webhook, url: "https://x.example.com", signingKeys: ["${kv('seal')}"]}}\n`,
      sinkOf('app-vault', 'channels.w.signingKeys[0]'),
    ],
    ['the heartbeat', `heartbeat: {url: "${kv('seal')}"}\n`, sinkOf('app-vault', 'heartbeat.url')],
    [
      "another seal's token, in what is kept beside it",
      elsewhere('c', `seal: ${transit(`token: "file:${tokenFile}.previous"`)}`),
      sinkOf('node-file', 'clusters.c.seal.token', true),
    ],
  ])('is not %s, which a rotation would overwrite', (_, more, problem) => {
    const said = told(rotated, '{type: shamir}', more).filter((line) => !line.includes('is not among'));
    expect(said.filter((line) => line.includes(': writes what '))).toEqual([problem]);
  });

  it("is not the signing key of the entry's own webhook", () => {
    const own = token(file, hook.replace('env:DEPLOY_KEY', `file:${tokenFile}`));
    expect(told([transit(), own], '{type: shamir}')).toEqual([
      sinkOf('node-file', 'clusters.a.rotation.sinks.hook.signingKeys[0]'),
    ]);
  });

  it("is not read from beside it by the entry's own seal, also where a webhook could bring it", () => {
    const own = transit(`token: "file:${tokenFile}.next"`);
    expect(told([own, token(file, hook)], '{type: shamir}')).toEqual([
      'clusters.a.seal.token: must not be what clusters.a.rotation.sinks keeps beside a value (next, previous): refer to the value itself',
    ]);
  });

  it('is no matter of what people write in their own words', () => {
    const own = `labels: {where: "file:${tokenFile}"}, seal: ${transit(`token: "env:C", rescue: "file:${tokenFile}"`)}`;
    expect(told(rotated, '{type: shamir}', elsewhere('c', own))).toEqual([]);
  });
});
