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
