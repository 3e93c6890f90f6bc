/** What people read of readiness and of rotations in Slack and in Teams, whole: tired people's eyes are the test, the golden file keeps it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { render as slack } from '../../../shared/alert/channels/slack.ts';
import { render as teams } from '../../../shared/alert/channels/teams.ts';
import type { FindingCode } from '../../../shared/finding.ts';
import { readinessCodes } from '../../../shared/readiness/readiness.ts';
import { rotationCodes } from '../../../shared/work/rotation-findings/judge.ts';
import { slackLines, slackProblems } from '../../fakes/chat/slack-format.ts';
import { teamsLines, teamsProblems } from '../../fakes/chat/teams-format.ts';
import { messagesOf, scenarios } from '../../scenarios/run.ts';

const path = join(import.meta.dirname, 'readiness-words.golden.json');
const update = process.env.UPDATE_GOLDEN === '1' && !process.env.CI;
const codes: ReadonlySet<FindingCode> = new Set<FindingCode>([...readinessCodes, ...rotationCodes]);

/** One message a headline: the others say the same. */
const said = new Set<string>();
const messages = scenarios()
  .flatMap((scenario) => messagesOf(scenario).map((message) => ({ name: scenario.name, message })))
  .filter(({ message: { changes, headline } }) => {
    if (said.has(headline) || !changes.some(({ finding: { code } }) => codes.has(code))) return false;
    said.add(headline);
    return true;
  });

const formats = {
  slack: { render: slack, lines: slackLines, problems: slackProblems },
  teams: { render: teams, lines: teamsLines, problems: teamsProblems },
};

describe.each(['slack', 'teams'] as const)('readiness and rotations in %s', (format) => {
  const { render, lines, problems } = formats[format];

  it('is said in the words of the golden file', () => {
    const shown = messages.map(({ name, message }) => {
      const payload: unknown = JSON.parse(render(message, {}).body);
      expect(problems(payload)).toEqual([]);
      return { scenario: name, lines: lines(payload).map((line) => line.trim()) };
    });
    const golden = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (update) writeFileSync(path, `${JSON.stringify({ ...golden, [format]: shown }, undefined, 2)}\n`);
    else expect(shown).toEqual(golden[format]);
  });
});

it('every code of rotations is said there', () => {
  const told = new Set(messages.flatMap(({ message }) => message.changes.map(({ finding }) => finding.code)));
  expect(rotationCodes.filter((code) => !told.has(code))).toEqual([]);
});

it('every code of readiness is said there; a provider that is down under the seal that it breaks', () => {
  const told = new Set(messages.flatMap(({ message }) => message.changes.map(({ finding }) => finding.code)));
  expect(readinessCodes.filter((code) => !told.has(code))).toEqual(['seal-provider-down']);
  expect(JSON.stringify(messages)).toContain('root, which unseals this cluster, does not serve');
});
