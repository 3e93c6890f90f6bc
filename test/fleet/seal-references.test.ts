/** Only the rotate app reads what unseals; this file is read by all of them, each with settings of its own. */
import { expect, it } from 'vitest';
import { fleetOf, toldOf } from './builders.ts';

const ids = 'tenant: 8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90, clientId: b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11';
const azure = (credential: string) =>
  `type: azurekeyvault, vault: kv-unseal, key: unseal, ${ids}, ${credential}`;
const transit = (more: string) => `type: transit, provider: root, key: k, ${more}`;

const textOf = (seal: string) =>
  [
    'version: 1',
    'clusters:',
    '  root: {nodes: ["https://root-0:8200"]}',
    `  payments: {nodes: ["https://vault-0:8200"], seal: {${seal}}}`,
    '',
  ].join('\n');

it.each([
  [transit('token: "keyvault:https://kv-seals.vault.azure.net/secrets/payments-seal"')],
  [transit('token: "file:/elsewhere/token"')],
  [transit('token: "env:SEALS_PAYMENTS"')],
  [transit('address: "https://lb.example.com", token: "env:SEALS_PAYMENTS"')],
  [azure('clientSecret: "keyvault:https://kv-seals.vault.azure.net/secrets/payments-seal"')],
  [azure('clientCertificate: "file:/elsewhere/seal.pem"')],
])('an app that may not read it takes seal: {%s}', (seal) => {
  expect(fleetOf(textOf(seal)).clusters.map(({ name }) => name)).toEqual(['root', 'payments']);
});

it.each([
  ['token', transit('token: "keyvault:http://kv-seals/secrets/a"')],
  ['token', transit('token: "file:/a/../b"')],
  ['clientSecret', azure('clientSecret: "env:A-B"')],
  ['clientCertificate', azure('clientCertificate: "file:seal.pem"')],
])('no app takes a seal.%s that is no reference: {%s}', (field, seal) => {
  expect(toldOf(textOf(seal))).toEqual([
    expect.stringMatching(
      new RegExp(`clusters\\.payments\\.seal\\.${field}: \\w+: must be followed by`),
    ) as string,
  ]);
});

it('an app that may not read them takes logins of rotate and sinks: where those write, only its settings say', () => {
  const sinks = [
    'here: {kind: file, path: /elsewhere/token}',
    'there: {kind: keyVaultSecret, vault: kv-apps, secret: seal}',
    'told: {kind: webhook, url: "https://deploy.example.com", signingKeys: ["env:DEPLOY_KEY"]}',
    'told-too: {kind: webhook, url: "env:DEPLOY_URL", signingKeys: ["file:/elsewhere/key"]}',
  ];
  const own = `, rotation: {token: {role: seal}, sinks: {${sinks.join(', ')}}}, rotateLogin: {method: token, token: "env:ROTATE"}}`;
  const text = textOf(transit('token: "file:/elsewhere/token"')).replace(/\}\n$/, `${own}\n`);
  expect(toldOf(text)).toEqual([]);
  const [, payments] = fleetOf(text).clusters;
  expect(payments?.rotation?.sinks).toHaveLength(4);
  expect(payments?.rotateLogin).toEqual({ method: 'token', token: 'env:ROTATE' });
});
