/** What this host takes from host.json, so that both hosts retry alike. */
import { z } from 'zod';

export interface HostSettings {
  routePrefix: string;
  queues: {
    /** ms. */
    maxPollingInterval: number;
    /** How long a message that failed stays hidden, s. */
    visibilityTimeout: number;
    maxDequeueCount: number;
    batchSize: number;
  };
}

const duration = z
  .string()
  .regex(/^\d{2}:\d{2}:\d{2}$/, 'must be hh:mm:ss')
  .transform((text) => {
    const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
    return (hours * 60 + minutes) * 60 + seconds;
  });

// Defaults are the Functions host's own, so that leaving a line out means the same in both.
const hostJson = z.object({
  extensions: z
    .object({
      queues: z
        .object({
          messageEncoding: z.literal('none', 'must be "none": Sealwatch sends raw text'),
          maxPollingInterval: duration.default(60),
          visibilityTimeout: duration.default(0),
          maxDequeueCount: z.int().min(1).default(5),
          batchSize: z.int().min(1).max(32).default(16),
        })
        .prefault(() => ({ messageEncoding: 'base64' as 'none' })),
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
    })
    .prefault({}),
});

/** @throws Error that names each field which this host cannot follow. */
export function readHostJson(json: unknown): HostSettings {
  const parsed = hostJson.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`host.json: ${problems.join('; ')}`);
  }
  const { queues, http } = parsed.data.extensions;
  return {
    routePrefix: http.routePrefix.replace(/^\/+|\/+$/g, ''),
    queues: {
      maxPollingInterval: queues.maxPollingInterval * 1000,
      visibilityTimeout: queues.visibilityTimeout,
      maxDequeueCount: queues.maxDequeueCount,
      batchSize: queues.batchSize,
    },
  };
}
