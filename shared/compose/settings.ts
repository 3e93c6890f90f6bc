/** Deployment settings, read from the environment once. */
import { Cron } from 'croner';
import { z } from 'zod';
import { type Limits, readLimits } from '../fleet/limits.ts';
import { blobServiceOf, type FleetPlace, readFleetPlace } from './fleet-place.ts';

export type Environment = Record<string, string | undefined>;

export interface Settings {
  /** Where fleet.yaml is. */
  fleet: FleetPlace;
  /** Six-field NCRONTAB of the sweep. */
  schedule: string;
  /** The longest pause between two sweeps by that schedule, ms. */
  intervalMs: number;
  storage:
    | { connectionString: string }
    | { tables: string; blobs: string; queues: string; clientId?: string };
  /** What fleet.yaml cannot widen (rule 16). */
  limits: Limits;
  /** Where the pages of docs/runbooks are published; undefined: messages name the page without a link. */
  runbookBase?: string;
  logLevel: 'info' | 'warn' | 'error';
}

const text = z.string().min(1).optional();

const Variables = z.object({
  SEALWATCH_FLEET: z.string().min(1).default('fleet.yaml'),
  SEALWATCH_SCHEDULE: z
    .string()
    .default('*/30 * * * * *')
    .refine((schedule) => longestPause(schedule) !== undefined, {
      error: 'is not a six-field NCRONTAB expression, such as "*/30 * * * * *"',
    }),
  SEALWATCH_STORAGE: z
    .string()
    .regex(
      /AccountName=|SharedAccessSignature=|UseDevelopmentStorage=true/i,
      'is not a storage connection string',
    )
    .optional(),
  SEALWATCH_STORAGE__tableServiceUri: z.url().optional(),
  SEALWATCH_STORAGE__blobServiceUri: z.url().optional(),
  SEALWATCH_STORAGE__queueServiceUri: z.url().optional(),
  SEALWATCH_STORAGE__clientId: text,
  SEALWATCH_RUNBOOKS: z.url({ protocol: /^https?$/ }).optional(),
  SEALWATCH_LOG_LEVEL: z.enum(['info', 'warn', 'error']).default('info'),
});

/** Rejected settings; the message names every variable that is wrong, never its value. */
export class SettingsInvalid extends Error {
  override name = 'SettingsInvalid';
}

export function readSettings(env: Environment): Settings {
  const parsed = Variables.safeParse(env);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const storage = parsed.success ? storageOf(parsed.data) : undefined;
  if (parsed.success && !storage) {
    problems.push(
      'SEALWATCH_STORAGE: set a connection string, or SEALWATCH_STORAGE__tableServiceUri, __blobServiceUri and __queueServiceUri',
    );
  }
  const fleet = parsed.success
    ? readFleetPlace(parsed.data.SEALWATCH_FLEET, storage && blobServiceOf(storage))
    : undefined;
  if (fleet?.ok === false) problems.push(fleet.problem);
  const limits = readLimits(env);
  if (!limits.ok) problems.push(...limits.problems);
  if (!parsed.success || !storage || !fleet?.ok || !limits.ok)
    throw new SettingsInvalid(`settings: ${problems.join('; ')}`);
  const { data } = parsed;
  return {
    fleet: fleet.place,
    schedule: data.SEALWATCH_SCHEDULE,
    intervalMs: longestPause(data.SEALWATCH_SCHEDULE) ?? 30_000,
    storage,
    limits: limits.limits,
    ...(data.SEALWATCH_RUNBOOKS && { runbookBase: data.SEALWATCH_RUNBOOKS }),
    logLevel: data.SEALWATCH_LOG_LEVEL,
  };
}

function storageOf(data: z.infer<typeof Variables>): Settings['storage'] | undefined {
  if (data.SEALWATCH_STORAGE) return { connectionString: data.SEALWATCH_STORAGE };
  const tables = data.SEALWATCH_STORAGE__tableServiceUri;
  const blobs = data.SEALWATCH_STORAGE__blobServiceUri;
  const queues = data.SEALWATCH_STORAGE__queueServiceUri;
  if (!tables || !blobs || !queues) return undefined;
  const clientId = data.SEALWATCH_STORAGE__clientId;
  return { tables, blobs, queues, ...(clientId && { clientId }) };
}

/** The longest pause of a schedule over its next runs, ms; undefined for what is no six-field expression. */
function longestPause(schedule: string): number | undefined {
  if (schedule.trim().split(/\s+/).length !== 6) return undefined;
  try {
    const runs = new Cron(schedule, { paused: true, timezone: 'UTC' }).nextRuns(10);
    const pauses = runs.slice(1).map((run, i) => run.getTime() - (runs[i]?.getTime() ?? 0));
    return pauses.length > 0 ? Math.max(...pauses) : undefined;
  } catch {
    return undefined;
  }
}
