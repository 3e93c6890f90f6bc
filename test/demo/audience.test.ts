import { expect, it } from 'vitest';
import { findingChanges, plainAudience } from '../../demo/audience.ts';
import type { Scene } from '../../demo/scene.ts';

const unreachable = (name: string) => ({
  code: 'node-unreachable',
  severity: 'warning',
  summary: `${name} does not answer`,
});
const leaderless = (summary: string) => ({ code: 'no-leader', severity: 'critical', summary });

it('tells findings that came, went or say something else now', () => {
  expect(findingChanges([], [unreachable('a')])).toEqual(['+ warning node-unreachable: a does not answer']);
  expect(findingChanges([unreachable('a')], [])).toEqual(['- warning node-unreachable: a does not answer']);
  expect(findingChanges([leaderless('1 of 3')], [leaderless('3 of 3')])).toEqual([
    '~ critical no-leader: 3 of 3',
  ]);
  expect(findingChanges([unreachable('a')], [unreachable('a')])).toEqual([]);
});

it('does not take one of two alike findings for the other', () => {
  expect(findingChanges([unreachable('a'), unreachable('b')], [unreachable('b')])).toEqual([
    '- warning node-unreachable: a does not answer',
  ]);
});

it('prints each change of a node and each message once, without control characters', () => {
  const scene: Scene = {
    heading: '',
    fleetFile: '',
    clusters: [
      { name: 'payments', status: 'ok', nodes: [{ name: 'payments-1', address: '', state: 'active' }] },
    ],
    findings: [],
    messages: [{ at: 0, channel: 'slack', lines: ['all\u001b[2J well', 'more'], signature: undefined }],
    steps: [],
  };
  const printed: string[] = [];
  const audience = plainAudience((line) => printed.push(line), scene);
  audience.update();
  expect(printed).toEqual(['  node     payments-1: active']);
  for (const message of scene.messages) message.signature = 'verified';
  for (const node of scene.clusters[0]?.nodes ?? []) node.state = 'sealed';
  audience.update();
  audience.update();
  expect(printed.slice(1).map((line) => line.trim())).toEqual([
    'node     payments-1: active -> sealed',
    'slack    all[2J well',
    'more',
    '(webhook copy: signature verified)',
  ]);
});
