/** What this host takes from host.json, so that both hosts retry alike. */
import { z } from 'zod';

/** hh:mm:ss, in seconds. */
const duration = z
  .string()
  .regex(/^\d{2}:\d{2}:\d{2}$/, 'must be hh:mm:ss')
  .transform((text) => text.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0));

// Defaults are the Functions host's own, so that leaving a line out means the same in both.
const queues = z
  .object({
    messageEncoding: z.literal('none', 'must be "none": Sealwatch sends raw text'),
    /** ms. */
    maxPollingInterval: duration.prefault('00:01:00').transform((seconds) => seconds * 1000),
    /** How long a message that failed stays hidden, s. */
    visibilityTimeout: duration.prefault('00:00:00'),
    maxDequeueCount: z.int().min(1).default(5),
    batchSize: z.int().min(1).max(32).default(16),
  })
  .transform(({ messageEncoding: _encoding, ...settings }) => settings);
const routePrefix = z.string().transform((text) => text.replace(/^\/+|\/+$/g, ''));
const http = z.object({ routePrefix: routePrefix.prefault('api') });
const unsaid = { messageEncoding: 'base64' as 'none' };
const hostJson = z
  .object({ extensions: z.object({ queues: queues.prefault(unsaid), http: http.prefault({}) }).prefault({}) })
  .transform(({ extensions }) => ({ ...extensions.http, queues: extensions.queues }));

export type HostSettings = z.infer<typeof hostJson>;

/** @throws Error that names each field which this host cannot follow. */
export function readHostJson(json: unknown): HostSettings {
  const parsed = hostJson.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`host.json: ${problems.join('; ')}`);
}
