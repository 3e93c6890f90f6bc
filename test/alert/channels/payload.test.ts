import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message, MessageItem } from '../../../shared/alert/alert.ts';
import type { Rendered } from '../../../shared/alert/channel.ts';
import { render as slack } from '../../../shared/alert/channels/slack.ts';
import { render as teams } from '../../../shared/alert/channels/teams.ts';
import { render as webhook } from '../../../shared/alert/channels/webhook.ts';
import { entryOf } from '../../../shared/finding.ts';
import { slackLines, slackProblems } from '../../fakes/chat/slack-format.ts';
import { teamsLines, teamsProblems } from '../../fakes/chat/teams-format.ts';
import { webhookLines, webhookProblems } from '../../fakes/chat/webhook-format.ts';
import { item, message, night, runbookBase, sealed } from '../build.ts';
import { anyMessage } from '../render/arbitrary.ts';

const options = { runbookBase };
const body = (rendered: Rendered): unknown => JSON.parse(rendered.body);
const formats = [
  { name: 'slack', render: slack, problems: slackProblems, lines: slackLines },
  { name: 'teams', render: teams, problems: teamsProblems, lines: teamsLines },
  { name: 'webhook', render: webhook, problems: webhookProblems, lines: webhookLines },
];

const hundred = Array.from(
  { length: 100 },
  (_, index) => `vault-${String(index).padStart(3, '0')}.example.com`,
);
const many: Message = message({
  headline: `payments: node sealed: ${hundred.join(', ')}`,
  changes: hundred.map((name) => item({ finding: sealed(name) })),
});

/** What an item is called; a story's end has a name of its own. */
function titleOf({ change, note, finding: { code } }: MessageItem): string {
  const { title, over } = entryOf(code);
  const isEnd = change === 'resolved' && note !== 'no longer watched';
  return isEnd && over !== undefined ? over.slice(1) : title;
}

describe.each(formats)('a $name payload', ({ render, problems, lines }) => {
  it('is valid and within its limits, and keeps the worst item, whatever servers say', () => {
    fc.assert(
      fc.property(anyMessage, (arbitrary) => {
        const payload = body(render(arbitrary, options));
        expect(problems(payload)).toEqual([]);
        const shown = lines(payload).join('\n');
        const worst = arbitrary.changes[0];
        if (worst) expect(shown).toContain(titleOf(worst));
        expect(shown).toContain('payments:');
      }),
      { numRuns: 300 },
    );
  });

  it('is valid for every node of a hundred failing at once, and names each of them', () => {
    const payload = body(render(many, options));
    expect(problems(payload)).toEqual([]);
    const shown = JSON.stringify(payload);
    for (const name of hundred) expect(shown).toContain(name);
  });

  it('says what is broken, since when, what it means, one line of evidence, what to do first, and where to read', () => {
    const shown = lines(body(render(message(), options))).map((line) => line.trim());
    expect(shown).toEqual(
      expect.arrayContaining([
        expect.stringContaining('payments: node sealed: vault-1'),
        '• vault-1 is sealed (0 of 3 shares), since 02:14 UTC (3 min)',
        'Means: This node serves nothing and stays so until somebody unseals it.',
        'Seen: sys/health answered 503, sealed: true',
        'First: Find out whether it was sealed on purpose; if not, unseal it with a threshold of shares.',
        `Runbook: node-sealed ${runbookBase}/node-sealed.md`,
      ]),
    );
  });

  it('names the runbook by its path where nobody said where the pages are', () => {
    const payload = body(render(message(), {}));
    expect(problems(payload)).toEqual([]);
    expect(lines(payload).map((line) => line.trim())).toContain('Runbook: docs/runbooks/node-sealed.md');
  });

  it('tells of a hold, of what is open besides, and of the channel it stands in for', () => {
    const shown = lines(
      body(
        render(
          message({
            open: [item({ change: 'still', finding: sealed('vault-2'), note: 'acknowledged by Ann' })],
            hold: { cluster: 'payments', by: 'Bo', reason: 'restore runs', until: night + 3_600_000 },
            insteadOf: { channel: 'ops', why: 'gone: hooks.example.com answered 404', notBefore: night },
          }),
          options,
        ),
      ),
    ).join('\n');
    expect(shown).toContain(
      'Hold by Bo until 03:14 UTC: restore runs. Automation leaves this cluster alone; people may act.',
    );
    expect(shown).toContain('Still open (1)');
    expect(shown).toContain(
      'critical: vault-2 is sealed (0 of 3 shares), since 02:14 UTC (3 min); acknowledged by Ann',
    );
    expect(shown).toContain(
      'Meant for channel ops, which could not take it: gone: hooks.example.com answered 404',
    );
  });
});

describe('what does not fit', () => {
  it('is counted in Slack, after as many whole lines as fit', () => {
    const shown = slackLines(body(slack(many, options)));
    expect(shown.filter((line) => line.startsWith('• vault-'))).toHaveLength(25);
    expect(shown.find((line) => line.startsWith('… and 75 more: '))).toContain('vault-025.example.com, ');
    expect(shown[0]).toMatch(/^🔴 payments: node sealed: vault-000.*, … and \d+ more$/);
  });

  it('is counted in a webhook event', () => {
    const evidence = Array.from({ length: 5 }, () => 'x'.repeat(300));
    const changes = Array.from({ length: 200 }, (_, n) =>
      item({ finding: sealed(`vault-${n}`, { evidence }) }),
    );
    const event = body(webhook(message({ changes }), options)) as {
      data: { changes: []; changesLeftOut: number };
    };
    expect(event.data.changesLeftOut).toBeGreaterThan(0);
    expect(event.data.changes.length + event.data.changesLeftOut).toBe(200);
  });
});

describe('text from servers', () => {
  const said = '<!channel> *x* <at>all</at> dead_server_last_contact_threshold';
  const hostile = message({ changes: [item({ finding: sealed('vault-1', { summary: said }) })] });

  it('is disarmed for Slack and still readable', () => {
    const { body: raw } = slack(hostile, options);
    expect(raw).toContain('&lt;!channel&gt; ∗x∗ &lt;at&gt;all&lt;/at&gt; dead_server_last_contact_threshold');
  });

  it('is disarmed for Teams and still readable', () => {
    const { body: raw } = teams(hostile, options);
    expect(raw).toContain('‹!channel› *x* ‹at›all‹/at› dead_server_last_contact_threshold');
  });
});
