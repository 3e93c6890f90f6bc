import { describe, expect, it } from 'vitest';
import { judgeConfig } from '../../shared/fleet/invalid.ts';
import { formatProblems } from '../../shared/fleet/problem.ts';
import { file, problemsOf } from './builders.ts';

const secret = 'hvs.CAESIJ-very-secret-0123456789';
const channel = (kind: string, ...lines: string[]) =>
  file([], ['channels:', `  a:`, `    kind: ${kind}`, ...lines.map((line) => `    ${line}`)]);

/** Where a person may paste a secret, and the line on which they do. */
const pasted: Record<string, [text: string, line: number]> = {
  'a token': [file(['login:', '  method: token', `  token: ${secret}`]), 7],
  'a secret id': [file(['login:', '  method: approle', '  roleId: r', `  secretId: ${secret}`]), 8],
  'a private key': [file(['tls:', `  clientKey: "${secret}"`]), 6],
  'a private key among certificates': [
    file([
      'tls:',
      '  ca: |',
      '    -----BEGIN PRIVATE KEY-----',
      `    ${secret}`,
      '    -----END PRIVATE KEY-----',
    ]),
    6,
  ],
  'a signing key': [
    channel('webhook', 'url: https://events.example.com', `signingKeys: ["whsec_${secret}"]`),
    9,
  ],
  'a Slack URL': [channel('slack', `url: https://hooks.slack.com/services/T0/B0/${secret}`), 8],
  'a Teams URL': [channel('teams', `url: https://x.api.powerplatform.com/workflows?sig=${secret}`), 8],
  'a webhook URL with a query': [
    channel(
      'webhook',
      `url: https://events.example.com/?key=${secret}`,
      'signingKeys: [env:SEALWATCH_SECRET_K]',
    ),
    8,
  ],
  'a heartbeat URL with a user': [
    file([], ['heartbeat:', `  url: https://u:${secret}@events.example.com`]),
    6,
  ],
  'a password in an address': [`version: 1\nclusters:\n  a: {nodes: ["https://root:${secret}@v:8200"]}\n`, 3],
  'a token as its own login': [file([`login: ${secret}`]), 5],
  'a token under a misspelt key': [file(['login:', '  method: token', `  tokne: ${secret}`]), 7],
  'a token under an unknown key': [
    file(['login:', '  method: token', '  token: env:SEALWATCH_SECRET_T', `  password: ${secret}`]),
    8,
  ],
  'a token under the wrong method': [
    file(['login:', '  method: jwt', '  role: r', '  audience: api://v', `  token: ${secret}`]),
    9,
  ],
  'a passphrase': [file(['escrow:', '  custodians:', `    a: {passphrase: ${secret}, shares: [1]}`]), 7],
  'a passphrase where a key is wanted': [
    file(['escrow:', '  custodians:', `    a: {key: "${secret}", shares: [1]}`]),
    7,
  ],
  'a token of the rotate app': [file(['rotateLogin:', '  method: token', `  token: ${secret}`]), 7],
  "a signing key of a rotation's webhook": [
    file([
      'rotation:',
      '  sinks:',
      `    a: {kind: webhook, url: https://a.test, signingKeys: ["${secret}"]}`,
    ]),
    7,
  ],
  "the URL of a rotation's webhook": [
    file([
      'rotation:',
      '  sinks:',
      `    a: {kind: webhook, url: "https://a.test/?key=${secret}", signingKeys: []}`,
    ]),
    7,
  ],
  'a client secret where the name of one is wanted': [
    file(['rotation:', '  sinks:', '    a: {kind: keyVaultSecret, vault: kv-a, secret: "very-secret~1"}']),
    7,
  ],
  'a client secret beside a missing kind of sink': [
    file(['rotation:', '  sinks:', '    a: {vault: kv-a, secret: "very-secret~1"}']),
    7,
  ],
  'a token as a key': [file(['login:', `  ${secret}: token`]), 6],
  'a signing key as a key': [file([`whsec_very_secret_0123456789: 1`]), 5],
  'a Slack URL as a key': [file([], ['channels:', `  "https://hooks.slack.com/services/${secret}": {}`]), 6],
  'a token beside a missing method': [file(['login:', `  token: ${secret}`]), 6],
  'a token as the name of a cluster, set twice': [
    `version: 1\nclusters:\n  ${secret}: {nodes: []}\n  ${secret}: {nodes: []}\n`,
    4,
  ],
  'a token in a list': [file(['login:', '  method: token', `  token: [${secret}]`]), 7],
  'a token after a broken quote': [file(['login:', '  method: token', `  token: "abc" ${secret}`]), 7],
  'a token set twice': [
    file(['login:', '  method: token', '  token: env:SEALWATCH_SECRET_T', `  token: ${secret}`]),
    8,
  ],
  'a token dressed as a reference': [file(['login:', '  method: token', `  token: env:${secret}`]), 7],
  'a token dressed as a variable': [
    file(['login:', '  method: token', `  token: env:${secret.replace(/\W/g, '_')}`]),
    7,
  ],
  'a token as a kind': [channel(secret, 'url: env:SEALWATCH_SECRET_U'), 7],
  'a webhook URL as a kind': [
    channel(`https://hooks.slack.com/services/${secret}`, 'url: env:SEALWATCH_SECRET_U'),
    7,
  ],
};

describe('a secret in the file is an error that does not repeat it:', () => {
  it.each(Object.entries(pasted))('%s', (_, [text, line]) => {
    const problems = problemsOf(text);
    expect(problems.map((problem) => problem.line)).toContain(line);
    const told = [JSON.stringify(problems), formatProblems(problems, 'fleet.yaml')];
    for (const out of [...told, JSON.stringify(judgeConfig(problems))]) {
      expect(out).not.toContain('very-secret');
      expect(out).not.toContain('very_secret');
    }
  });

  it.each([
    'a token',
    'a passphrase',
    'a secret id',
    'a private key',
    'a signing key',
    'a Slack URL',
    'a Teams URL',
  ])('%s: it says that a literal is the mistake', (what) => {
    const [text, line] = pasted[what] ?? ['', 0];
    const [problem] = problemsOf(text).filter((other) => other.line === line);
    expect(problem?.message).toMatch(
      /must not be written into this file: refer to it by env:NAME, file:\/path or keyvault:/,
    );
  });
});
