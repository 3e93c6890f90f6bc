import { describe, expect, it } from 'vitest';
import { file, toldOf } from './builders.ts';

const nameRule =
  'a name has 1 to 63 lower-case letters, digits and dashes, begins with a letter, and is not true, false or null';
const c = 'clusters.payments';

/** What is wrong, the file, and what is told. */
const cases: Record<string, [text: string, told: string[]]> = {
  'an upper-case cluster name': [
    'version: 1\nclusters:\n  Payments: {nodes: [https://v:8200]}\n',
    [`line 3, column 3: clusters.Payments: not a name for a cluster: ${nameRule}`],
  ],
  'a cluster called fleet': [
    'version: 1\nclusters:\n  fleet: {nodes: [https://v:8200]}\n',
    [
      'line 3, column 3: clusters.fleet: "fleet" is reserved for findings about the whole fleet: choose another name',
    ],
  ],
  'a channel name with a space': [
    file([], ['channels:', '  on call: {kind: slack, url: env:SEALWATCH_SECRET_A}']),
    [`line 6, column 3: channels["on call"]: not a name for a channel: ${nameRule}`],
  ],
  'a bad label key': [
    file(['labels: {"a b": c}']),
    [
      `line 5, column 14: ${c}.labels["a b"]: a label key has 1 to 63 letters, digits, dots, dashes and underscores, and begins with a letter or digit`,
    ],
  ],
  'no nodes': [
    'version: 1\nclusters:\n  a: {nodes: []}\n',
    ['line 3, column 14: clusters.a.nodes: must hold 1 to 100 nodes, not 0'],
  ],
  'a node that is a number': [
    'version: 1\nclusters:\n  a: {nodes: [5]}\n',
    ['line 3, column 15: clusters.a.nodes[0]: must be an address, or a map with an address'],
  ],
  'the same address twice in the fleet': [
    'version: 1\nclusters:\n  a: {nodes: [https://v:8200]}\n  b: {nodes: [https://v:8200]}\n',
    [
      'line 4, column 15: clusters.b.nodes[0]: this address already belongs to clusters.a.nodes[0]; found "https://v:8200"',
    ],
  ],
  'the same node name twice': [
    'version: 1\nclusters:\n  a:\n    nodes:\n      - {address: https://v:8200, name: n}\n      - {address: https://w:8200, name: n}\n',
    [
      'line 6, column 41: clusters.a.nodes[1].name: this name is already that of clusters.a.nodes[0].name: give each node its own; found "n"',
    ],
  ],
  'the same node id twice': [
    'version: 1\nclusters:\n  a:\n    nodes:\n      - {address: https://v:8200, nodeId: n}\n      - {address: https://w:8200, nodeId: n}\n',
    [
      'line 6, column 43: clusters.a.nodes[1].nodeId: this node id is already that of clusters.a.nodes[0].nodeId; found "n"',
    ],
  ],
  'a channel that does not exist': [
    file(['notify: [opps]'], ['channels:', '  ops: {kind: slack, url: env:SEALWATCH_SECRET_A}']),
    [
      `line 5, column 14: ${c}.notify[0]: must be the name of a channel of this file (ops); found "opps"; did you mean ops?`,
    ],
  ],
  'a channel named twice': [
    file(['notify: [ops, ops]'], ['channels:', '  ops: {kind: slack, url: env:SEALWATCH_SECRET_A}']),
    [`line 5, column 19: ${c}.notify[1]: this channel is already named at ${c}.notify[0]; found "ops"`],
  ],
  'nobody to notify': [
    file(['notify: []']),
    [`line 5, column 13: ${c}.notify: must name a channel; without this key every channel is told`],
  ],
  'a fallback that does not exist': [
    file([], ['channels:', '  ops: {kind: slack, url: env:SEALWATCH_SECRET_A, fallback: zzz}']),
    [
      'line 6, column 61: channels.ops.fallback: must be the name of a channel of this file (ops); found "zzz"',
    ],
  ],
  'fallbacks in a circle': [
    file(
      [],
      [
        'channels:',
        '  a: {kind: slack, url: env:SEALWATCH_SECRET_A, fallback: b}',
        '  b: {kind: teams, url: env:SEALWATCH_SECRET_B, fallback: a}',
      ],
    ),
    ['line 6, column 59: channels.a.fallback: fallbacks go round in a circle: a → b → a; found "b"'],
  ],
  'a channel that falls back to itself': [
    file([], ['channels:', '  a: {kind: slack, url: env:SEALWATCH_SECRET_A, fallback: a}']),
    ['line 6, column 59: channels.a.fallback: fallbacks go round in a circle: a → a; found "a"'],
  ],
};

describe('fleet.yaml is refused, with the line and what is allowed, for', () => {
  it.each(Object.entries(cases))('%s', (_, [text, told]) => {
    expect(toldOf(text)).toEqual(told);
  });

  it('more nodes, labels or channels than there may be', () => {
    const nodes = Array.from({ length: 101 }, (_, index) => `https://v${index}:8200`).join(', ');
    const labels = Array.from({ length: 21 }, (_, index) => `l${index}: x`).join(', ');
    const channels = Array.from(
      { length: 51 },
      (_, i) => `  c${i}: {kind: slack, url: env:SEALWATCH_SECRET_A}`,
    );
    const text = [
      'version: 1',
      'clusters:',
      '  a:',
      `    nodes: [${nodes}]`,
      `    labels: {${labels}}`,
      'channels:',
      ...channels,
    ].join('\n');
    expect(toldOf(text)).toEqual([
      'line 4, column 12: clusters.a.nodes: must hold 1 to 100 nodes, not 101',
      'line 5, column 13: clusters.a.labels: must hold at most 20 labels, not 21',
      'line 7, column 3: channels: must name at most 50 channels, not 51',
    ]);
  });
});
