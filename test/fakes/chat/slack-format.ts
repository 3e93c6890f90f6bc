/** What Slack's incoming webhooks take, and what people then see. Written from the documented limits, not from our renderer. */
import { z } from 'zod';

const mrkdwn = z.strictObject({
  type: z.literal('mrkdwn'),
  text: z.string().min(1).max(3000),
  verbatim: z.boolean().optional(),
});
const block = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('header'),
    text: z.strictObject({
      type: z.literal('plain_text'),
      text: z.string().min(1).max(150),
      emoji: z.boolean().optional(),
    }),
  }),
  z.strictObject({ type: z.literal('section'), text: mrkdwn }),
  z.strictObject({ type: z.literal('context'), elements: z.array(mrkdwn).min(1).max(10) }),
]);
const payload = z.strictObject({ text: z.string().min(1), blocks: z.array(block).min(1).max(50) });

const allCharacters = 13_200;

/** Everything that Slack would refuse, or turn into a mention or formatting that we did not mean. */
export function slackProblems(body: unknown): string[] {
  const parsed = payload.safeParse(body);
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const texts = textsOf(parsed.data);
  const total = texts.join('').length;
  return [
    ...(total > allCharacters ? [`${total} characters in all`] : []),
    ...texts.flatMap((text) => text.split('\n')).flatMap(lineProblems),
  ];
}

const link = /<https?:\/\/[^<>|\s]+\|[^<>|]*>/g;

function lineProblems(line: string): string[] {
  const bare = line.replace(link, '').replace(/^\*(.*)\*$/, '$1');
  const problems: string[] = [];
  if (/[<>]/.test(bare)) problems.push(`a raw < or >: ${bare}`);
  if (/&(?!amp;|lt;|gt;)/.test(bare)) problems.push(`a raw &: ${bare}`);
  if (/@(channel|here|everyone)/i.test(bare)) problems.push(`a raw mention: ${bare}`);
  if (/[*~`]/.test(bare)) problems.push(`a formatting character: ${bare}`);
  if (/(^|[^\p{L}\p{N}_])_|_($|[^\p{L}\p{N}_])/u.test(bare))
    problems.push(`an underscore that formats: ${bare}`);
  if (bare.startsWith('&gt;')) problems.push(`a quotation: ${bare}`);
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(bare)) problems.push(`an invisible character: ${bare}`);
  return problems;
}

/** The lines of a message as Slack shows them. */
export function slackLines(body: unknown): string[] {
  const parsed = payload.safeParse(body);
  if (!parsed.success) return [];
  const [, ...shown] = textsOf(parsed.data);
  return shown
    .flatMap((text) => text.split('\n'))
    .map((line) => line.replace(/^\*(.*)\*$/, '$1').replace(/<([^<>|]+)\|([^<>|]*)>/g, '$2 $1'))
    .map((line) => line.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'));
}

function textsOf({ text, blocks }: z.infer<typeof payload>): string[] {
  return [
    text,
    ...blocks.flatMap((each) =>
      each.type === 'context' ? each.elements.map((element) => element.text) : [each.text.text],
    ),
  ];
}
