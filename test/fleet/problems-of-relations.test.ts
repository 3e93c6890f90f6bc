import { describe, expect, it } from 'vitest';
import { file, limits, toldOf } from './builders.ts';

const c = 'clusters.payments';

/** What is wrong, the file, and what is told. */
const cases: Record<string, [text: string, told: string[]]> = {
  'three signing keys': [
    file(
      [],
      [
        'channels:',
        '  a:',
        '    kind: webhook',
        '    url: https://events.example.com',
        '    signingKeys: [env:SEALWATCH_SECRET_A, env:SEALWATCH_SECRET_B, env:SEALWATCH_SECRET_C]',
      ],
    ),
    ['line 9, column 18: channels.a.signingKeys: must hold one signing key, or two during a change'],
  ],
  'a provider that does not exist': [
    file(['seal: {type: transit, provider: root, key: k}']),
    [`line 5, column 37: ${c}.seal.provider: must be the name of a cluster of this file; found "root"`],
  ],
  'a cluster that is its own provider': [
    file(['seal: {type: transit, provider: payments, key: k}']),
    [
      `line 5, column 37: ${c}.seal.provider: a cluster cannot unseal itself: name the cluster that serves the key; found "payments"`,
    ],
  ],
  'a seal address with a path, a token as it is, and a provider that is the cluster itself': [
    file([
      'seal: {type: transit, provider: payments, key: k, address: "https://root/v1", token: hvs.secret}',
    ]),
    [
      `line 5, column 37: ${c}.seal.provider: a cluster cannot unseal itself: name the cluster that serves the key; found "payments"`,
      `line 5, column 64: ${c}.seal.address: must be an origin only, without path or query`,
      `line 5, column 90: ${c}.seal.token: a token must not be written into this file: refer to it by env:NAME, file:/path or keyvault:https://VAULT/secrets/NAME`,
    ],
  ],
  'the address of a Key Vault where its name is wanted': [
    file(['seal: {type: azurekeyvault, vault: "https://kv.vault.azure.net"}']),
    [
      `line 5, column 40: ${c}.seal.vault: must be the name of a Key Vault, not its address: 3 to 24 letters, digits and dashes`,
    ],
  ],
  'timeouts out of order': [
    file([], ['probe: {connectTimeout: 9s, headersTimeout: 9s, deadline: 5s}']),
    [
      'line 5, column 25: probe.connectTimeout: must not be longer than totalTimeout (8s, its default); found "9s"',
      'line 5, column 45: probe.headersTimeout: must not be longer than totalTimeout (8s, its default); found "9s"',
      'line 5, column 59: probe.deadline: must not be shorter than totalTimeout (8s, its default); found "5s"',
    ],
  ],
  'a timeout shorter than the defaults of its parts': [
    file([], ['probe: {totalTimeout: 2s}']),
    [
      'line 5, column 23: probe.totalTimeout: must not be shorter than headersTimeout (7s, its default); found "2s"',
    ],
  ],
  'a timeout shorter than a part that is written and one that is not': [
    file([], ['probe: {totalTimeout: 2s, connectTimeout: 4s}']),
    [
      'line 5, column 23: probe.totalTimeout: must not be shorter than headersTimeout (7s, its default); found "2s"',
      'line 5, column 43: probe.connectTimeout: must not be longer than totalTimeout; found "4s"',
    ],
  ],
  'certificate thresholds out of order with a default': [
    file([], ['thresholds: {certificateWarning: 2d}']),
    [
      'line 5, column 34: thresholds.certificateWarning: must be longer than certificateCritical (3d, its default); found "2d"',
    ],
  ],
  "a cluster's certificate threshold out of order with the fleet's": [
    file(['thresholds: {certificateCritical: 20d}'], ['thresholds: {certificateWarning: 10d}']),
    [
      `line 5, column 39: ${c}.thresholds.certificateCritical: must be shorter than certificateWarning (10d, the fleet's); found "20d"`,
    ],
  ],
  "a cluster's certificate threshold out of order with a default": [
    file(['thresholds: {certificateWarning: 2d}']),
    [
      `line 5, column 38: ${c}.thresholds.certificateWarning: must be longer than certificateCritical (3d, its default); found "2d"`,
    ],
  ],
  'a client certificate without key': [
    file(['tls: {clientCertificate: file:/etc/sealwatch/c.pem}']),
    [`line 5, column 11: ${c}.tls.clientCertificate: needs clientKey beside it`],
  ],
  'a key without client certificate': [
    file(['tls: {clientKey: env:SEALWATCH_SECRET_KEY}']),
    [`line 5, column 11: ${c}.tls.clientKey: needs clientCertificate beside it`],
  ],
  'a path where PEM is wanted': [
    file(['tls: {ca: /etc/ca.pem}']),
    [`line 5, column 15: ${c}.tls.ca: must be PEM text or a reference: write file: before the path`],
  ],
  'PEM that is no certificate': [
    file(['tls:', '  ca: |', '    -----BEGIN CERTIFICATE-----', '    AAAA', '    -----END CERTIFICATE-----']),
    [
      `line 6, column 11: ${c}.tls.ca: holds a certificate that cannot be read: is the PEM text complete and indented evenly?`,
    ],
  ],
  'too many pins': [
    file([`tls: {pins: [${Array(11).fill('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=').join(', ')}]}`]),
    [`line 5, column 17: ${c}.tls.pins: must hold at most 10 pins, not 11`],
  ],
  'a pin that is no hash': [
    file(['tls: {pins: [sha256/abc]}']),
    [
      `line 5, column 18: ${c}.tls.pins[0]: must be the base64 of a SHA-256 (44 characters, ends with "="); found "sha256/abc"`,
    ],
  ],
  'a mount with slashes': [
    file(['login: {method: jwt, mount: /jwt/, role: r, audience: "api://v"}']),
    [
      `line 5, column 33: ${c}.login.mount: must be the path of a mount, without slashes at its ends; found "/jwt/"`,
    ],
  ],
  'a variable outside the prefix': [
    file(['login: {method: token, token: env:HOME}']),
    [
      `line 5, column 35: ${c}.login.token: the variable's name must begin with SEALWATCH_SECRET_ (setting SEALWATCH_ENV_PREFIX)`,
    ],
  ],
  'a file outside the folder': [
    file(['tls: {ca: file:/etc/shadow}']),
    [`line 5, column 15: ${c}.tls.ca: the file must be inside /etc/sealwatch (setting SEALWATCH_FILE_ROOT)`],
  ],
  'a file that climbs out of the folder': [
    file(['tls: {ca: file:/etc/sealwatch/../shadow}']),
    [
      `line 5, column 15: ${c}.tls.ca: file: must be followed by an absolute path without "..", "." or double slashes`,
    ],
  ],
  'a Key Vault that is not listed': [
    file(['login: {method: token, token: "keyvault:https://kv-evil.vault.azure.net/secrets/t"}']),
    [
      `line 5, column 35: ${c}.login.token: https://kv-evil.vault.azure.net is not among the vaults that may be read (setting SEALWATCH_KEY_VAULTS)`,
    ],
  ],
  'an endpoint that is not listed': [
    file([], ['heartbeat: {url: https://ping.example.net/x}']),
    [
      'line 5, column 18: heartbeat.url: host ping.example.net is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ],
  ],
};

describe('fleet.yaml is refused, with the line and what is allowed, for', () => {
  it.each(Object.entries(cases))('%s', (_, [text, told]) => {
    expect(toldOf(text)).toEqual(told);
  });

  it('file references where the deployment has no folder for them', () => {
    const { fileRoot: _, ...none } = limits();
    expect(toldOf(file(['tls: {ca: file:/etc/sealwatch/ca.pem}']), none)).toEqual([
      `line 5, column 15: ${c}.tls.ca: file: references are off in this deployment (setting SEALWATCH_FILE_ROOT names the folder)`,
    ]);
  });
});
