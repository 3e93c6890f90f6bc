/**
 * What break-glass keeps in place of storage: one file of JSON lines on the laptop. A write counts once it is on the
 * disk; whatever reads the file again takes nothing of it on trust.
 */
import { z } from 'zod';
import type { GenerationRow } from '../../escrow/generation.ts';
import type { AuditEntry } from '../../people/person.ts';
import type { Intent, Recovery } from '../../recovery/recovery.ts';
import { generationRowSchema, intentSchema, recoverySchema } from '../../state/recover-schema.ts';

export type JournalEntry =
  /** A process began to work with the file: the first one alive has it. */
  | { kind: 'run'; v?: number; id: string; host: string; pid: number; cluster: string; at: number }
  | { kind: 'run-ended'; id: string; at: number }
  /** The recovery's row as of this write: intents are in it before each request (rule 3). */
  | { kind: 'recovery'; value: Recovery }
  /** What was learnt of the generation. */
  | { kind: 'generation'; value: GenerationRow }
  /** Of a contribution, before its request. */
  | { kind: 'intents'; value: Intent[] }
  /** Of a contribution, once it is over. */
  | { kind: 'held'; value: Held[] }
  | { kind: 'audit'; value: AuditEntry };

/** What a node holds, and which of it a contribution gave. */
export interface Held {
  node: string;
  nonce: string;
  progress: number;
  /** Indexes. */
  given: number[];
}

export interface Journal {
  readonly path: string;
  /** As of the opening, this run's own entry left out. */
  readonly before: readonly JournalEntry[];
  /** Of this process: who holds a lease. */
  readonly run: string;
  /** Runs that ended, or whose process is gone: no lease of theirs stands. */
  readonly overRuns: ReadonlySet<string>;
  /** Resolves once the entry is on the disk. */
  append(entry: JournalEntry): Promise<void>;
  close(at: number): Promise<void>;
}

/** Of the format, in each `run`. Raised when an older Sealwatch would misread a file. */
export const journalVersion = 1;

const time = z.number().min(0).max(8.64e15);

const auditSchema: z.ZodType<AuditEntry> = z.looseObject({
  at: time,
  who: z.string(),
  what: z.enum([
    'requested',
    'approved',
    'rejected',
    'hold-set',
    'hold-ended',
    'generation-accepted',
    'key-opened',
    'step',
    'ended',
  ]),
  cluster: z.string(),
  recovery: z.string().exactOptional(),
  why: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const heldSchema: z.ZodType<Held> = z.strictObject({
  node: z.string(),
  nonce: z.string(),
  progress: z.int(),
  given: z.array(z.int()),
});

const entrySchema: z.ZodType<JournalEntry> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run'),
    v: z.literal(journalVersion).exactOptional(),
    id: z.string(),
    host: z.string(),
    pid: z.int().min(1),
    cluster: z.string(),
    at: time,
  }),
  z.strictObject({ kind: z.literal('run-ended'), id: z.string(), at: time }),
  z.strictObject({ kind: z.literal('recovery'), value: recoverySchema }),
  z.strictObject({ kind: z.literal('generation'), value: generationRowSchema }),
  z.strictObject({ kind: z.literal('intents'), value: z.array(intentSchema) }),
  z.strictObject({ kind: z.literal('held'), value: z.array(heldSchema) }),
  z.strictObject({ kind: z.literal('audit'), value: auditSchema }),
]);

/** `newer`: the version of a format that comes after this one. */
export type ReadJournal =
  | { ok: true; entries: JournalEntry[]; bytes: number }
  | { ok: false; line: number; newer?: number };

/**
 * @returns `bytes`: up to where the file is whole. A last line without its end was being written when its process was
 * killed, so nobody acted on it: it never counted. Any other line that cannot be read makes the file unusable.
 */
export function readJournal(text: Buffer): ReadJournal {
  const bytes = text.lastIndexOf(0x0a) + 1;
  const lines = text.subarray(0, bytes).toString('utf8').split('\n').slice(0, -1);
  const entries: JournalEntry[] = [];
  for (const [index, line] of lines.entries()) {
    const entry = entryOf(line);
    if (!entry) {
      const newer = newerOf(lines);
      return { ok: false, line: index + 1, ...(newer !== undefined && { newer }) };
    }
    entries.push(entry);
  }
  return { ok: true, entries, bytes };
}

function entryOf(line: string): JournalEntry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

const laterRun = z.looseObject({ kind: z.literal('run'), v: z.int().min(journalVersion + 1) });

/** A newer version may have gone on with an older one's file, so any run may say so. */
function newerOf(lines: string[]): number | undefined {
  const versions = lines.flatMap((line) => {
    try {
      return laterRun.safeParse(JSON.parse(line)).data?.v ?? [];
    } catch {
      return [];
    }
  });
  return versions.length > 0 ? Math.max(...versions) : undefined;
}

/** The recovery of a cluster that the file left open. */
export function openRecovery(entries: readonly JournalEntry[], cluster: string): Recovery | undefined {
  const rows = entries.flatMap((entry) => (entry.kind === 'recovery' ? [entry.value] : []));
  const last = rows.filter((row) => row.cluster === cluster).at(-1);
  return last?.status === 'open' ? last : undefined;
}
