import { expect, it } from 'vitest';
import type { ReceivedMessage, Scene } from '../../demo/scene.ts';
import type { Line } from '../../demo/screen/line.ts';
import { footer, render } from '../../demo/screen/render.ts';
import { paint } from '../../demo/screen/terminal.ts';
import { clean, fit, pad, width, wrap } from '../../demo/screen/text.ts';

const at = Date.parse('2026-11-22T02:30:05Z');

function message(headline: string, over: Partial<ReceivedMessage> = {}): ReceivedMessage {
  return {
    at,
    channel: 'slack',
    lines: [headline, 'Warning: node does not answer', 'First: look at it'],
    signature: 'verified',
    ...over,
  };
}

function scene(over: Partial<Scene> = {}): Scene {
  return {
    heading: 'payments: 3 nodes, Vault 1.21.0, raft, TLS',
    fleetFile: '/tmp/demo/fleet.yaml',
    clusters: [
      {
        name: 'payments',
        status: 'warning',
        nodes: ['active', 'standby', 'unreachable'].map((state, i) => ({
          name: `payments-${i + 1}`,
          address: `https://127.0.0.1:1000${i}`,
          state,
        })),
      },
    ],
    findings: [{ code: 'node-unreachable', severity: 'warning', summary: 'payments-3 does not answer' }],
    messages: [message('payments: node does not answer: payments-3')],
    steps: [
      { title: 'everything is well', state: 'ok', detail: 'no finding, nothing to tell' },
      { title: 'a follower is killed', state: 'running', detail: 'waiting for raft-tolerance-lost' },
      { title: 'it is started and unsealed', state: 'waiting', detail: '' },
    ],
    ...over,
  };
}

const textOf = (line: Line): string => line.map(({ text }) => text).join('');
const lines = (wanted: Scene, columns = 120, rows = 40): string[] =>
  render(wanted, { columns, rows }).map(textOf);

it('shows nodes with their states, findings, messages as received, and the steps of the story', () => {
  const shown = lines(scene()).join('\n');
  expect(shown).toMatch(/payments-3 +unreachable +https:\/\/127\.0\.0\.1:10002/);
  expect(shown).toContain('warning   node-unreachable: payments-3 does not answer');
  expect(shown).toContain('02:30:05 slack payments: node does not answer: payments-3');
  expect(shown).toContain('    First: look at it');
  expect(shown).toContain('webhook copy: signature verified');
  expect(shown).toContain('+ everything is well: no finding, nothing to tell');
  expect(shown).toContain('> a follower is killed: waiting for raft-tolerance-lost');
  expect(shown).toContain('/tmp/demo/fleet.yaml');
});

it('says so when there is no finding and no message', () => {
  const shown = lines(scene({ findings: [], messages: [] })).join('\n');
  expect(shown).toContain('Findings  none');
  expect(shown).toContain('no message yet');
});

it('shows a wrong signature as such, and none before the signed copy arrived', () => {
  expect(lines(scene({ messages: [message('a', { signature: 'wrong' })] })).join('\n')).toContain(
    'WRONG SIGNATURE',
  );
  expect(lines(scene({ messages: [message('a', { signature: undefined })] })).join('\n')).not.toContain(
    'signature',
  );
});

it('keeps the newest message when there is no room for all, oldest first', () => {
  const many = Array.from({ length: 20 }, (_, i) => message(`message ${i}`));
  const shown = lines(scene({ messages: many }), 100, 30);
  expect(shown.join('\n')).toContain('message 19');
  expect(shown.join('\n')).not.toContain('message 0\n');
  const order = shown.flatMap((line) => /message (\d+)/.exec(line)?.[1] ?? []).map(Number);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

it('shows a long line of a message whole, broken between words under its beginning', () => {
  const first =
    'First: If nobody sealed it on purpose: unseal it with 3 of its 5 shares: ' +
    'vault operator unseal -address=https://127.0.0.1:31680';
  const headline = `payments: node sealed: ${Array.from({ length: 12 }, (_, i) => `payments-${i}`).join(', ')}`;
  const shown = lines(scene({ messages: [message(headline, { lines: [headline, first] })] }), 110, 40);
  const start = shown.findIndex((line) => line.includes('02:30:05'));
  expect(shown.slice(start, start + 4)).toEqual([
    '  02:30:05 slack payments: node sealed: payments-0, payments-1, payments-2, payments-3, payments-4,',
    '      payments-5, payments-6, payments-7, payments-8, payments-9, payments-10, payments-11',
    '    First: If nobody sealed it on purpose: unseal it with 3 of its 5 shares: vault operator unseal',
    '      -address=https://127.0.0.1:31680',
  ]);
});

it('says how many lines of a message have no room', () => {
  const long = message('headline', {
    lines: ['headline', ...Array.from({ length: 30 }, (_, i) => `line ${i}`)],
  });
  const shown = lines(scene({ messages: [long] }), 110, 24);
  expect(shown).toHaveLength(24);
  const last = shown.findLast((line) => line.includes('line'));
  const kept = shown.filter((line) => /^ {4}line \d+$/.test(line)).length;
  // 30 lines and the signature.
  expect(last).toBe(`    … and ${31 - kept} more lines`);
});

it.each([
  ['a bc def', 4, 3, ['a bc', 'def']],
  ['abcdefgh ij', 4, 3, ['abcd', 'efg', 'h', 'ij']],
  ['日本語', 4, 4, ['日本', '語']],
  ['日本', 2, 2, ['日', '本']],
  ['a  b', 9, 9, ['a  b']],
  ['', 5, 5, ['']],
])('wraps %j at %i and %i columns', (text, first, rest, wanted) => {
  expect(wrap(text, first, rest)).toEqual(wanted);
});

const sizes = [1, 2, 5, 12, 23, 24, 31, 32, 50].flatMap((rows) =>
  [1, 7, 20, 79, 80, 200].map((columns) => [columns, rows] as const),
);

it.each(sizes)('fits %i columns and %i lines, with the way out on the last one', (columns, rows) => {
  const many = Array.from({ length: 9 }, (_, i) => message(`message ${i} 🔴 ${'日本'.repeat(60)}`));
  const shown = lines(scene({ messages: many }), columns, rows);
  expect(shown.length).toBeLessThanOrEqual(rows);
  for (const line of shown) expect(width(line)).toBeLessThanOrEqual(columns);
  expect(shown.at(-1)).toBe(fit(footer, columns));
});

it('takes control, reordering and invisible characters out of what servers sent', () => {
  const evil = 'seal\u001b[2J\u001b]0;owned\u0007ed \u202etxt\u200b\r\nnext\u009b31m';
  const wanted = scene({
    heading: evil,
    findings: [{ code: 'node-sealed', severity: 'critical', summary: evil }],
    messages: [message(evil, { lines: [evil, evil] })],
    steps: [{ title: evil, state: 'failed', detail: evil }],
  });
  const segments = render(wanted, { columns: 120, rows: 40 }).flat();
  expect(segments.filter(({ text }) => /[\p{Cc}\p{Cf}]/u.test(text))).toEqual([]);
  expect(clean(evil)).toBe('seal[2J]0;owneded txt next31m');
});

it('measures wide characters as two columns and marks as none', () => {
  expect([width('abc'), width('日本'), width('🟠 x'), width('e\u0301')]).toEqual([3, 4, 4, 1]);
  expect(fit('日本語', 5)).toBe('日本…');
  expect(pad('日', 4)).toBe('日  ');
});

it('paints in place, and without colour when none is wanted', () => {
  const painted = paint([[{ text: 'a', style: 'bad' }], []], true);
  expect(painted).toBe('\u001b[H\u001b[31ma\u001b[0m\u001b[K\r\n\u001b[K\u001b[J');
  expect(paint([[{ text: 'a', style: 'bad' }]], false)).toBe('\u001b[Ha\u001b[K\u001b[J');
});
