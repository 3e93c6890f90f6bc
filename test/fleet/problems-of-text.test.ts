import { describe, expect, it } from 'vitest';
import { file, toldOf } from './builders.ts';

const c = 'clusters.payments';

/** What is wrong, the file, and what is told. */
const cases: Record<string, [text: string, told: string[]]> = {
  'an empty file': ['# nothing\n', ['the file is empty']],
  'a list instead of a map': ['- 1\n', ['line 1, column 1: must be a map of keys and values, not a list']],
  'a bracket that is not closed': [
    'version: 1\nclusters: {a: [1}\n',
    [17, 18].map(
      (column) =>
        `line 2, column ${column}: YAML syntax: the indentation does not fit the lines above, or a bracket is not closed`,
    ),
  ],
  'a tab': [
    'version: 1\nclusters:\n\ta: 1\n',
    ['line 3, column 1: YAML syntax: a tab cannot indent; use spaces'],
  ],
  'a tag': [file(['labels: !secret x']), ['line 5, column 13: YAML syntax: this tag (!…) is not supported']],
  'two documents': [
    `${file()}---\nversion: 1\n`,
    ['line 5, column 1: YAML syntax: the file holds more than one document; remove the "---" between them'],
  ],
  'a key set twice': [
    file(['unknownSealCause: automatic', 'unknownSealCause: approval']),
    [`line 6, column 5: ${c}.unknownSealCause: the key "unknownSealCause" is already set on line 5`],
  ],
  'a key that is no text': [file(['? [a, b]', ': 1']), [`line 5, column 7: ${c}: a key must be plain text`]],
  'a key that would reach the prototype': [
    file(['__proto__: {}']),
    [`line 5, column 5: ${c}: a key must be plain text`],
  ],
  'an alias without anchor': [
    file(['labels: *none']),
    [`line 5, column 13: ${c}.labels: this alias (*) names no anchor (&) above it`],
  ],
  'no version': ['clusters: {a: {nodes: [https://v:8200]}}\n', ['line 1, column 1: version: is missing']],
  'another version': [
    'version: 2\nclusters: {a: {nodes: [https://v:8200]}}\n',
    ['line 1, column 10: version: must be 1; found 2'],
  ],
  'no clusters': ['version: 1\n', ['line 1, column 1: clusters: is missing']],
  'no cluster': [
    'version: 1\nclusters: {}\n',
    ['line 2, column 11: clusters: must name at least one cluster'],
  ],
  'an unknown key near another': [
    file(['lables: {}']),
    [`line 5, column 5: ${c}.lables: unknown key; did you mean labels?`],
  ],
  'an unknown key in another spelling': [
    file(['unknown_seal_cause: automatic']),
    [`line 5, column 5: ${c}.unknown_seal_cause: unknown key; did you mean unknownSealCause?`],
  ],
  'an unknown key near nothing': [
    file(['tls: {verification: false}']),
    [
      `line 5, column 11: ${c}.tls.verification: unknown key; allowed here: ca, clientCertificate, clientKey, serverName, pins`,
    ],
  ],
  'a misspelt key with a bad value': [
    file([], ['probe:', '  conectTimeout: 3 seconds']),
    [
      'line 6, column 3: probe.conectTimeout: unknown key; did you mean connectTimeout?',
      'line 6, column 18: probe.conectTimeout: must be a duration from 50ms to 30s, written like 500ms, 30s, 5m, 12h or 30d; found "3 seconds"',
    ],
  ],
  'a misspelt key that is needed': [
    'version: 1\nclusters:\n  a:\n    nodes:\n      - adress: https://v:8200\n',
    ['line 5, column 9: clusters.a.nodes[0].adress: unknown key; did you mean address?'],
  ],
  'an empty value': [
    file(['tls:']),
    [`line 5, column 9: ${c}.tls: is empty: give it a value or remove the line`],
  ],
  'text for a map': [
    file(['recovery: automatic']),
    [`line 5, column 15: ${c}.recovery: must be a map of keys and values, not text`],
  ],
  'text for a list': [file(['notify: ops']), [`line 5, column 13: ${c}.notify: must be a list, not text`]],
  'a number for text': [
    file(['labels: {tier: 1}']),
    [`line 5, column 20: ${c}.labels.tier: must be text: put it in quotes; found 1`],
  ],
  'an unquoted version': [
    file(['expect: {version: 1.20}']),
    [
      `line 5, column 23: ${c}.expect.version: must be a version in quotes, such as "1.21": without them 1.20 is the number 1.2; found 1.20`,
    ],
  ],
  'a word that is not one of some': [
    file(['expect: {storage: rafft}']),
    [
      `line 5, column 23: ${c}.expect.storage: must be one of raft, etcd, consul, other; found "rafft"; did you mean raft?`,
    ],
  ],
  'a number out of bounds': [
    file([], ['probe: {concurrency: 0}']),
    ['line 5, column 22: probe.concurrency: must be a whole number from 1 to 5000; found 0'],
  ],
  'a duration out of bounds': [
    file([], ['probe: {confirmAfter: 1m}']),
    [
      'line 5, column 23: probe.confirmAfter: must be a duration from 0s to 10s, written like 500ms, 30s, 5m, 12h or 30d; found "1m"',
    ],
  ],
  'limits of batches and warm connections out of bounds': [
    file([], ['probe:', '  batches: {from: 0, clusters: 2001, duration: 499ms}', '  warmNodes: 2.5']),
    [
      'line 6, column 19: probe.batches.from: must be a whole number from 1 to 20000; found 0',
      'line 6, column 32: probe.batches.clusters: must be a whole number from 1 to 2000; found 2001',
      'line 6, column 48: probe.batches.duration: must be a duration from 500ms to 2m, written like 500ms, 30s, 5m, 12h or 30d; found "499ms"',
      'line 7, column 14: probe.warmNodes: must be a whole number from 0 to 100000; found 2.5',
    ],
  ],
  'a duration without unit': [
    file(['thresholds: {peerDead: 15}']),
    [
      `line 5, column 28: ${c}.thresholds.peerDead: must be a duration from 1s to 1d, written like 500ms, 30s, 5m, 12h or 30d; found 15`,
    ],
  ],
};

describe('fleet.yaml is refused, with the line and what is allowed, for', () => {
  it.each(Object.entries(cases))('%s', (_, [text, told]) => {
    expect(toldOf(text)).toEqual(told);
  });

  it('a file larger than 4 MiB', () => {
    expect(toldOf(`${file()}#${'x'.repeat(4 * 1024 * 1024)}`)).toEqual([
      'the file is larger than 4 MiB: split the fleet',
    ]);
  });
});
