/** CloudEvents 1.0 and Standard Webhooks as a receiver checks them, written from the two specifications. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const text = z
  .string()
  .refine((value) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value), 'an invisible character');
const time = z.iso.datetime();
const item = z.strictObject({
  change: z.enum(['fired', 'worse', 'uncovered', 'acknowledged', 'reminder', 'resolved', 'still']),
  code: z.string(),
  severity: z.enum(['critical', 'warning', 'info']),
  subject: z.looseObject({ kind: z.string() }),
  summary: text,
  evidence: z.array(text).max(5),
  meaning: text,
  advice: text,
  runbook: z.union([z.url(), z.string().regex(/^docs\/runbooks\/[a-z-]+\.md$/)]),
  since: time,
  note: text.optional(),
});
const event = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().regex(/^\/sealwatch\/clusters\/[^\s/]+$/),
  type: z.string().min(1),
  subject: text,
  time,
  datacontenttype: z.literal('application/json'),
  data: z.strictObject({
    cluster: text,
    labels: z.record(z.string(), text),
    kind: z.enum(['alert', 'reminder', 'acknowledged', 'resolved']),
    severity: z.enum(['critical', 'warning', 'info']),
    headline: text,
    since: time,
    changes: z.array(item).min(1),
    changesLeftOut: z.int().min(0),
    open: z.array(item),
    openLeftOut: z.int().min(0),
    hold: z.strictObject({ by: text, reason: text, until: time }).optional(),
    insteadOf: z.strictObject({ channel: text, why: text }).optional(),
    text: z.string(),
  }),
});

const wholeBytes = 256 * 1024;

/** Everything in an event that a receiver could stumble over. */
export function webhookProblems(body: unknown): string[] {
  const parsed = event.safeParse(body);
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const bytes = Buffer.byteLength(JSON.stringify(body));
  return bytes > wholeBytes ? [`${bytes} bytes in all`] : [];
}

/** The lines that an event brings for people. */
export function webhookLines(body: unknown): string[] {
  const parsed = event.safeParse(body);
  return parsed.success ? parsed.data.data.text.split('\n') : [];
}

const toleranceSeconds = 300;

/**
 * Checks a delivery as a receiver that knows one key does.
 *
 * @param key "whsec_<base64>".
 * @param now ms.
 */
export function verified(headers: Record<string, string>, raw: string, key: string, now: number): boolean {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const given = headers['webhook-signature']?.split(' ') ?? [];
  if (!id || !timestamp || Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) return false;
  const secret = Buffer.from(key.replace(/^whsec_/, ''), 'base64');
  const wanted = createHmac('sha256', secret).update(`${id}.${timestamp}.${raw}`).digest();
  return given.some((entry) => {
    const [version, mac = ''] = entry.split(',');
    const bytes = Buffer.from(mac, 'base64');
    return version === 'v1' && bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
  });
}
