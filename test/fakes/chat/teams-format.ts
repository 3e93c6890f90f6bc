/** What a Teams Workflows webhook takes, and what people then see. Written from the documented limits. */
import { z } from 'zod';

const run = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string().min(1),
  weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(),
  size: z.enum(['Small', 'Default', 'Medium', 'Large', 'ExtraLarge']).optional(),
  isSubtle: z.boolean().optional(),
  selectAction: z.strictObject({ type: z.literal('Action.OpenUrl'), url: z.url() }).optional(),
});
const rich = z.strictObject({ type: z.literal('RichTextBlock'), inlines: z.array(run).min(1) });
const container = z.strictObject({
  type: z.literal('Container'),
  separator: z.boolean().optional(),
  items: z.array(rich).min(1),
});
const card = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.literal('1.4'),
  // No `entities`: without them nothing becomes a mention.
  msteams: z.strictObject({ width: z.literal('Full') }).optional(),
  body: z.array(z.discriminatedUnion('type', [rich, container])).min(1),
});
const payload = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: card,
    }),
  ]),
});

const wholeBytes = 28 * 1024;

/** Everything that Teams would refuse, or turn into something that we did not mean. */
export function teamsProblems(body: unknown): string[] {
  const parsed = payload.safeParse(body);
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const bytes = Buffer.byteLength(JSON.stringify(body));
  return [
    ...(bytes > wholeBytes ? [`${bytes} bytes in all`] : []),
    ...runsOf(parsed.data).flatMap(({ text }) => {
      const problems: string[] = [];
      if (/[<>]/.test(text)) problems.push(`a raw tag: ${text}`);
      if (text.includes('{{')) problems.push(`a text function: ${text}`);
      if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) problems.push(`an invisible character: ${text}`);
      return problems;
    }),
  ];
}

/** The lines of a card as Teams shows them. */
export function teamsLines(body: unknown): string[] {
  const parsed = payload.safeParse(body);
  if (!parsed.success) return [];
  return runsOf(parsed.data).map(({ text, selectAction }) =>
    selectAction ? `${text} ${selectAction.url}` : text,
  );
}

function runsOf({ attachments: [{ content }] }: z.infer<typeof payload>): z.infer<typeof run>[] {
  const blocks = content.body.flatMap((each) => (each.type === 'Container' ? each.items : [each]));
  return blocks.flatMap((each) => each.inlines);
}
