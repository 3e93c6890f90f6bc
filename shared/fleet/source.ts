/** fleet.yaml as it is now, or as it was when it was last good (rule 15). */
import { createHash } from 'node:crypto';
import type { Fleet } from './fleet.ts';
import type { Limits } from './limits.ts';
import { parseFleet } from './parse.ts';
import type { Problem } from './problem.ts';
import { formatProblems } from './problem.ts';
import { FleetUnreadable } from './text.ts';

/** One version of the file; `tag` (an ETag, a time and size, a hash) differs when the text does. */
export interface FleetText {
  text: string;
  tag: string;
}

export interface LoadedFleet {
  /** In force: the newest good one. */
  fleet: Fleet;
  /** What is wrong with a newer one; empty when the newest is in force. */
  problems: Problem[];
  /** SHA-256 of the text in force, hex; undefined for a fleet that was made without one. */
  hash?: string;
}

export interface FleetSource {
  /** Rejects with FleetInvalid only when no version of the file was ever good. */
  load: () => Promise<LoadedFleet>;
}

export interface FleetSourceOptions {
  /** Reads the file as it is now; rejects when it cannot. */
  read: () => Promise<FleetText>;
  /**
   * Older versions, newest first, where the storage keeps them: a new instance that finds a bad file has no last good
   * one in memory. Asked only then.
   */
  previous?: () => AsyncIterable<Pick<FleetText, 'text'>>;
  /** Called with the text of the file on each load that finds it good. Not waited for; must not throw. */
  keep?: (text: string, hash: string) => void;
  limits: Limits;
  /** What messages call the file. */
  fileName?: string;
}

/** There is no good configuration at all: nothing can be watched. The message lists every problem. */
export class FleetInvalid extends Error {
  override name = 'FleetInvalid';
  readonly code: 'fleet-invalid' | 'fleet-unreadable';
  readonly recoverable = true;
  readonly problems: Problem[];

  constructor(code: FleetInvalid['code'], problems: Problem[], fileName: string) {
    super(formatProblems(problems, fileName));
    this.code = code;
    this.problems = problems;
  }
}

type Good = Required<Pick<LoadedFleet, 'fleet' | 'hash'>>;

/** 20 of the storage's, and what we kept ourselves. */
const mostPrevious = 21;

export function createFleetSource(options: FleetSourceOptions): FleetSource {
  const { limits, fileName = 'fleet.yaml' } = options;
  let good: Good | undefined;
  let seen: { tag: string; problems: Problem[] } | undefined;

  function take({ text, tag }: FleetText): Problem[] {
    if (seen?.tag !== tag) {
      const parsed = parseFleet(text, limits);
      if (parsed.ok) good = { fleet: parsed.fleet, hash: hashOf(text) };
      seen = { tag, problems: parsed.ok ? [] : parsed.problems };
    }
    if (good && seen.problems.length === 0) options.keep?.(text, good.hash);
    return seen.problems;
  }

  async function load(): Promise<LoadedFleet> {
    const now = await options.read().then(
      (text) => ({ code: 'fleet-invalid' as const, problems: take(text) }),
      (error: unknown) => ({ code: 'fleet-unreadable' as const, problems: [unreadable(error)] }),
    );
    good ??= await lastGood(options);
    if (good === undefined) throw new FleetInvalid(now.code, now.problems, fileName);
    return { ...good, problems: now.problems };
  }

  let loading: Promise<LoadedFleet> | undefined;
  return {
    // Whoever asks meanwhile gets the same: a process that starts looks through older versions once.
    load() {
      loading ??= load().finally(() => {
        loading = undefined;
      });
      return loading;
    },
  };
}

/** Versions that cannot be listed are no worse than none: the newest file's problems are what to tell. */
async function lastGood({ previous, limits }: FleetSourceOptions): Promise<Good | undefined> {
  let count = 0;
  try {
    for await (const { text } of previous?.() ?? []) {
      const parsed = parseFleet(text, limits);
      if (parsed.ok) return { fleet: parsed.fleet, hash: hashOf(text) };
      if (++count === mostPrevious) return undefined;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Our own words, or only the error's code: messages of storage clients can hold signed URLs. */
function unreadable(error: unknown): Problem {
  if (error instanceof FleetUnreadable) {
    const message = `cannot be read (${error.code}): ${error.message}`;
    return { line: 0, column: 0, path: '', message };
  }
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return { line: 0, column: 0, path: '', message: `cannot be read${code}` };
}
