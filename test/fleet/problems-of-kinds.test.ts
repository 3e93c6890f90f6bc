import { describe, expect, it } from 'vitest';
import { file, toldOf } from './builders.ts';

const references = 'env:NAME, file:/path or keyvault:https://VAULT/secrets/NAME';
const c = 'clusters.payments';

/** What is wrong, the file, and what is told. */
const cases: Record<string, [text: string, told: string[]]> = {
  'an unknown kind': [
    file([], ['channels:', '  a: {kind: pager, url: env:SEALWATCH_SECRET_A, color: red}']),
    [
      'line 6, column 13: channels.a.kind: must be one of slack, teams, webhook; found "pager"',
      'line 6, column 49: channels.a.color: unknown key; allowed here: kind, url, minimumSeverity, fallback, signingKeys',
    ],
  ],
  'a misspelt kind, and what stands beside it': [
    file([], ['channels:', '  a: {kind: slak, url: 5}']),
    [
      'line 6, column 13: channels.a.kind: must be one of slack, teams, webhook; found "slak"; did you mean slack?',
      `line 6, column 24: channels.a.url: must be a reference: ${references}`,
    ],
  ],
  'no kind': [
    file([], ['channels:', '  a: {url: env:SEALWATCH_SECRET_A}']),
    ['line 6, column 3: channels.a.kind: is missing: must be one of slack, teams, webhook'],
  ],
  'a misspelt word for the kind': [
    file(['login: {methd: token, token: env:SEALWATCH_SECRET_A}']),
    [`line 5, column 13: ${c}.login.methd: unknown key; did you mean method?`],
  ],
  'another word for the key that names the kind, and what stands beside it': [
    file(
      ['login: {kind: approle, secretId: hvs.clear}'],
      ['channels:', '  ops: {type: slack, url: "https://hooks.slack.com/services/T/B/x"}'],
    ),
    [
      `line 5, column 5: ${c}.login.roleId: is missing`,
      `line 5, column 13: ${c}.login.kind: unknown key; did you mean method?`,
      `line 5, column 38: ${c}.login.secretId: a secret must not be written into this file: refer to it by ${references}`,
      'line 7, column 9: channels.ops.type: unknown key; did you mean kind?',
      `line 7, column 27: channels.ops.url: a chat webhook's URL is a secret and must not be written into this file: refer to it by ${references}`,
    ],
  ],
  'no kind, and a secret in clear': [
    file(
      ['login: {secretId: hvs.clear}'],
      ['channels:', '  ops: {url: "https://hooks.slack.com/services/T/B/x"}'],
    ),
    [
      `line 5, column 5: ${c}.login.method: is missing: must be one of jwt, approle, token`,
      `line 5, column 23: ${c}.login.secretId: a secret must not be written into this file: refer to it by ${references}`,
      'line 7, column 3: channels.ops.kind: is missing: must be one of slack, teams, webhook',
      `line 7, column 14: channels.ops.url: a chat webhook's URL is a secret and must not be written into this file: refer to it by ${references}`,
    ],
  ],
  'an unknown kind, and a secret in clear under a misspelt key': [
    file(['login: {method: ldap, tokn: hvs.clear}']),
    [
      `line 5, column 21: ${c}.login.method: must be one of jwt, approle, token; found "ldap"`,
      `line 5, column 27: ${c}.login.tokn: unknown key; did you mean token?`,
      `line 5, column 33: ${c}.login.tokn: a secret must not be written into this file: refer to it by ${references}`,
    ],
  ],
  'an empty kind, and a secret in clear': [
    file(['login: {method: , token: hvs.clear}']),
    [
      `line 5, column 21: ${c}.login.method: is empty: give it a value or remove the line`,
      `line 5, column 30: ${c}.login.token: a secret must not be written into this file: refer to it by ${references}`,
    ],
  ],
  'no kind, beside what is right for the kind that is meant': [
    file([], ['channels:', '  a: {url: https://events.example.com, signingKeys: [env:SEALWATCH_SECRET_A]}']),
    ['line 6, column 3: channels.a.kind: is missing: must be one of slack, teams, webhook'],
  ],
  'signing keys of a chat channel': [
    file([], ['channels:', '  a: {kind: slack, url: env:SEALWATCH_SECRET_A, signingKeys: []}']),
    ['line 6, column 49: channels.a.signingKeys: belongs only to kind: webhook'],
  ],
  'no signing keys of a webhook': [
    file([], ['channels:', '  a: {kind: webhook, url: https://events.example.com}']),
    ['line 6, column 3: channels.a.signingKeys: is missing'],
  ],
};

describe('fleet.yaml is refused, with the line and what is allowed, for', () => {
  it.each(Object.entries(cases))('%s', (_, [text, told]) => {
    expect(toldOf(text)).toEqual(told);
  });
});
