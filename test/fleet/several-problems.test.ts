import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../shared/fleet/problem.ts';
import { file, problemsOf, toldOf } from './builders.ts';

describe('several problems', () => {
  it('are all told at once, sorted by line, also across clusters that are not well-formed', () => {
    const text = [
      'version: 1',
      'probe: {concurency: many}',
      'channels:',
      '  ops: {kind: slak, url: env:SEALWATCH_SECRET_A, fallback: nobody}',
      'clusters:',
      '  a:',
      '    nodes: [https://v:8200, 5]',
      '    recovery: {policy: never}',
      '    seal: {type: transit, provider: b, key: k}',
      '  b:',
      '    nodes: [https://v:8200]',
      '    notify: [ops, opps]',
      '    tls:',
    ].join('\n');
    expect(problemsOf(text).map(({ line, path }) => `${line} ${path}`)).toEqual([
      '2 probe.concurency',
      '2 probe.concurency',
      '4 channels.ops.kind',
      '4 channels.ops.fallback',
      '7 clusters.a.nodes[1]',
      '8 clusters.a.recovery.policy',
      '11 clusters.b.nodes[0]',
      '12 clusters.b.notify[1]',
      '13 clusters.b.tls',
    ]);
  });

  it('that an alias repeats are one', () => {
    const text =
      'version: 1\nclusters:\n  a: {nodes: [https://a:8200], tls: &tls {pin: []}}\n  b: {nodes: [https://b:8200], tls: *tls}\n';
    expect(toldOf(text)).toEqual(['line 3, column 43: clusters.a.tls.pin: unknown key; did you mean pins?']);
  });

  it('are printed one a line under the name of the file, and no more than a person reads', () => {
    const problems = problemsOf(file(['tls:', 'lables: {}', 'expect: {voters: 0}']));
    expect(formatProblems(problems, 'my.yaml', 2)).toBe(
      [
        'my.yaml has 3 problems:',
        '  line 5, column 9: clusters.payments.tls: is empty: give it a value or remove the line',
        '  line 6, column 5: clusters.payments.lables: unknown key; did you mean labels?',
        '  and 1 more',
      ].join('\n'),
    );
  });
});

describe('control characters of the file', () => {
  it('do not reach a terminal', () => {
    expect(toldOf(file(['"\\e[31mx": 1', 'unknownSealCause: "a\\e\\x9b\\u202eb"'])).join('\n')).not.toMatch(
      // oxlint-disable-next-line no-control-regex
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/,
    );
  });
});
