/** What arrived at the chat's receiver, as a person reads it (Slack) and as a program does (the signed webhook). */
import { z } from 'zod';
import type { Received } from '../test/fakes/chat/receiver.ts';
import { verified } from '../test/fakes/chat/webhook-format.ts';
import type { ReceivedMessage } from './scene.ts';

const Change = z.object({
  change: z.string(),
  code: z.string(),
  subject: z.object({ kind: z.string(), name: z.string().optional() }),
});
const Event = z.object({ data: z.object({ headline: z.string(), changes: z.array(Change) }) });

export type ToldChange = z.infer<typeof Change> & {
  /** Arrival at the receiver, wall clock, ms. */
  at: number;
  /** Of the message that told it. */
  headline: string;
  /** Whether the headline is about this finding: messages name the worst change first. */
  leads: boolean;
};

type Signature = NonNullable<ReceivedMessage['signature']>;

export class Inbox {
  /** Newest last. */
  readonly messages: ReceivedMessage[] = [];
  /** Everything that the webhook's events say has changed, newest last. */
  readonly changes: ToldChange[] = [];
  /** What a real receiver would have refused, and signatures that are wrong. Always empty, or something is broken. */
  readonly problems: string[] = [];
  readonly #signingKey: string;
  /** Of events whose chat message has not arrived yet. */
  readonly #early: { headline: string; signature: Signature }[] = [];

  /** @param signingKey whsec_… */
  constructor(signingKey: string) {
    this.#signingKey = signingKey;
  }

  /** Messages that reached one of the two channels and not the other one yet. */
  get unpaired(): number {
    return this.#early.length + this.messages.filter(({ signature }) => signature === undefined).length;
  }

  /** What people read of a message, once it reached the chat; undefined before. */
  textOf(headline: string): string[] | undefined {
    return this.messages.findLast(({ lines }) => tells(lines, headline))?.lines;
  }

  /** @param at wall clock, ms. */
  take(received: Received, at: number): void {
    this.problems.push(...received.problems.map((problem) => `${received.kind} payload: ${problem}`));
    if (received.kind === 'webhook') this.#takeEvent(received, at);
    else this.#takeChat(received, at);
  }

  #takeChat({ kind, lines }: Received, at: number): void {
    const early = this.#early.findIndex(({ headline }) => tells(lines, headline));
    const [twin] = early === -1 ? [] : this.#early.splice(early, 1);
    this.messages.push({ at, channel: kind, lines, signature: twin?.signature });
  }

  #takeEvent({ body, headers, raw }: Received, at: number): void {
    const event = Event.safeParse(body);
    if (!event.success) return;
    const { headline, changes } = event.data.data;
    const [worst] = changes;
    const leads = ({ code, change }: z.infer<typeof Change>): boolean =>
      code === worst?.code && change === worst.change;
    this.changes.push(...changes.map((each) => ({ ...each, at, headline, leads: leads(each) })));
    const signature = verified(headers, raw, this.#signingKey, at) ? 'verified' : 'wrong';
    if (signature === 'wrong') this.problems.push(`webhook: wrong signature: ${headline}`);
    const twin = this.messages.findLast(
      (message) => message.signature === undefined && tells(message.lines, headline),
    );
    if (twin) twin.signature = signature;
    else this.#early.push({ headline, signature });
  }
}

function tells(lines: string[], headline: string): boolean {
  return lines.some((line) => line.includes(headline));
}
