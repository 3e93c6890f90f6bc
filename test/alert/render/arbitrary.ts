/** Messages as hostile as servers can make them. */
import * as fc from 'fast-check';
import type { Change, Message, MessageItem } from '../../../shared/alert/alert.ts';
import {
  catalogue,
  type Finding,
  type FindingCode,
  finding,
  type Severity,
} from '../../../shared/finding.ts';
import { night } from '../build.ts';

const nasty = fc.constantFrom(
  '<!channel>',
  '<@U012AB3CD>',
  '<!subteam^S1>',
  '@here',
  '<https://evil.example|click>',
  '*bold* _it_ ~no~ `code` ```x```',
  '> quoted',
  '<at>Everyone</at>',
  '[click](https://evil.example)',
  '{{DATE(2026-01-01T00:00:00Z)}}',
  '&amp;&&&<<<>>>',
  '\u202e\u2066rtl\u0000\u001b[31m\u200b',
  'line\nbreak\r\n# heading',
  '\ud800',
  '"\\"',
);
const text = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.tuple(nasty, fc.integer({ min: 1, max: 400 })).map(([part, times]) => part.repeat(times)),
  fc.constant(''),
);
const severity = fc.constantFrom<Severity>('critical', 'warning', 'info');
const code = fc.constantFrom(...(Object.keys(catalogue) as FindingCode[]));

const found: fc.Arbitrary<Finding> = fc
  .record({
    code,
    severity,
    name: text,
    summary: text,
    evidence: fc.array(text, { maxLength: 7 }),
    meaning: text,
    advice: text,
  })
  .map(({ code, name, summary, evidence, ...over }) =>
    finding(code, { kind: 'node', name }, summary, evidence, over),
  );

const time = fc.integer({ min: night - 90 * 86_400_000, max: night });

function items(changes: Change[], maxLength: number, minLength: number): fc.Arbitrary<MessageItem[]> {
  const item = fc
    .record({
      change: fc.constantFrom(...changes),
      finding: found,
      since: time,
      note: fc.option(text, { nil: undefined }),
    })
    .map(({ note, ...rest }) => ({ ...rest, ...(note !== undefined && { note }) }));
  return fc.array(item, { minLength, maxLength });
}

export const anyMessage: fc.Arbitrary<Message> = fc
  .record({
    labels: fc.dictionary(fc.string({ minLength: 1, maxLength: 60 }), text, {
      maxKeys: 5,
      noNullPrototype: true,
    }),
    kind: fc.constantFrom('alert', 'reminder', 'acknowledged', 'resolved'),
    severity,
    headline: text.map((rest) => `payments: ${rest}`),
    since: time,
    changes: items(['fired', 'worse', 'uncovered', 'acknowledged', 'reminder', 'resolved'], 40, 1),
    open: items(['still'], 20, 0),
    hold: fc.option(fc.record({ by: text, reason: text }), { nil: undefined }),
    why: fc.option(text, { nil: undefined }),
  })
  .map(({ hold, why, ...rest }) => ({
    id: 'payments-42',
    cluster: 'payments',
    at: night,
    ...rest,
    ...(hold && { hold: { cluster: 'payments', until: night + 1, ...hold } }),
    ...(why !== undefined && { insteadOf: { channel: 'ops', why, notBefore: night } }),
  }));
