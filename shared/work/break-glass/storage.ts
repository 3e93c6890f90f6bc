/** What recover's storage says, read and not changed: envelopes, and who works on the cluster already. */
import type { Hold } from '../../alert/alert.ts';
import { duration } from '../../alert/time.ts';
import type { Clock } from '../../clock.ts';
import { generationBlobName } from '../../escrow/generation.ts';
import { OutOfTime, within } from '../../fleet/within.ts';
import type { ClusterFacts } from '../../probe/head-facts.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import { StateError } from '../../state/errors.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import { readAccepted } from '../recover/escrowed.ts';
import type { Glass } from './deps.ts';
import type { EnvelopeFile } from './envelope-file.ts';

export interface Storage {
  state: RecoverState;
  /** What *watch* remembers: the raft configuration, for a quorum that is lost. */
  facts(cluster: string): Promise<ClusterFacts | undefined>;
  /** Its own time, ms, in whole seconds; undefined: its answers have none. */
  time(): Promise<number | undefined>;
}

export interface Standing {
  envelopes: EnvelopeFile;
  /** The open one. */
  active?: Recovery;
  /** One that stands, or why it cannot be read. */
  hold?: Hold | { unread: string };
  raft?: NonNullable<Glass['raft']>;
  /** How far this machine's clock is ahead of storage's, ms; behind: below 0. Undefined: nobody can tell. */
  aheadMs?: number;
}

/** `away`: storage does not answer, not to this login, or not in a way that can be read; else it holds nothing to use. */
export type Looked = { ok: true; standing: Standing } | { ok: false; away: boolean; why: string };

/** All of one look, ms. */
const lookMs = 15_000;

export async function lookInStorage(storage: Storage, cluster: string, clock: Clock): Promise<Looked> {
  try {
    return await within(lookMs, clock, () => look(storage, cluster, clock));
  } catch (error) {
    return { ok: false, away: true, why: wordsOf(error) };
  }
}

/** Of others' errors only the name: their texts may quote a connection string. */
function wordsOf(error: unknown): string {
  if (error instanceof StateError) return error.message;
  if (error instanceof OutOfTime) return `no answer within ${lookMs / 1000} s`;
  return `SEALWATCH_STORAGE cannot be used (${error instanceof Error ? error.name : typeof error}): see it again`;
}

async function look(storage: Storage, cluster: string, clock: Clock): Promise<Looked> {
  const { state } = storage;
  const aheadMs = await aheadOf(storage, clock);
  const [row, active, hold, remembered] = await Promise.all([
    state.generations.newest(cluster),
    state.recoveries.active(cluster),
    holdOf(state, cluster, clock.now()),
    // Another app's table: without it --raft says the same.
    storage.facts(cluster).catch(() => undefined),
  ]);
  if (!row)
    return nothing(`nothing of ${cluster} is escrowed: unseal it with the people who hold its shares`);
  const read = await readAccepted(state, row.value);
  if (!read.ok)
    return nothing(`${read.why}. An export from before (--envelopes FILE --without-state) may serve`);
  const { generation, bytes } = read;
  const envelopes = { generation, bytes, name: generationBlobName(generation), row: row.value };
  const raft = remembered?.raft;
  return {
    ok: true,
    standing: {
      envelopes,
      ...(active && { active: active.value }),
      ...(hold && { hold }),
      ...(raft && { raft }),
      ...(aheadMs !== undefined && { aheadMs }),
    },
  };
}

/** As little as the whole seconds of its answer, and the way there and back, leave open. */
async function aheadOf(storage: Storage, clock: Clock): Promise<number | undefined> {
  const before = clock.now();
  const theirs = await storage.time();
  if (theirs === undefined) return undefined;
  const after = clock.now();
  if (before > theirs + 1000) return before - theirs - 1000;
  return after < theirs ? after - theirs : 0;
}

/** A lease of a minute is no fence between machines that disagree about the time by more than this, ms. */
const mostAheadMs = 5_000;

/** Why the row would keep nobody away, and the fix; undefined: the clocks agree. */
export function clockProblem({ aheadMs = 0 }: Standing): string | undefined {
  const offMs = Math.abs(aheadMs);
  if (offMs <= mostAheadMs) return undefined;
  return `This machine's clock is ${duration(offMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} storage's: the lease of its row would ${
    aheadMs > 0 ? 'keep others away for too long' : 'count as run out while it works'
  }. Set the clock (Linux: sudo timedatectl set-ntp true; macOS: sudo sntp -sS time.apple.com; Windows: w32tm /resync), then run the same command again. If it cannot be set: sealwatch escrow export, and --envelopes FILE --without-state, which keeps nobody away.`;
}

function nothing(why: string): Looked {
  return { ok: false, away: false, why };
}

/** It is shown, and stops no person (rule 6). */
async function holdOf(
  { holds }: RecoverState,
  cluster: string,
  now: number,
): Promise<Hold | { unread: string } | undefined> {
  try {
    const hold = await holds.of(cluster);
    return hold && hold.until > now ? hold : undefined;
  } catch (error) {
    if (error instanceof StateError) return { unread: error.code };
    throw error;
  }
}

export function holdLine(hold: NonNullable<Standing['hold']>): string {
  return 'unread' in hold
    ? `Whether a hold stands cannot be read (${hold.unread}).`
    : `A hold stands until ${iso(hold.until)}, by ${hold.by}: ${hold.reason}. It stops automation, not you: is it meant for you, too?`;
}

/** Who asked for the open one, and who works on it. */
export function openLines(
  { id, way, byName, reason, lease, waiting, needs }: Recovery,
  now: number,
): string[] {
  const works =
    lease && lease.until > now
      ? `It is being worked on: ${lease.owner} has its lease until ${iso(lease.until)}.`
      : `Nobody works on it now${lease ? `: the lease of ${lease.owner} ran out at ${iso(lease.until)}` : ''}.`;
  return [
    `Recovery ${id} of this cluster is open, asked for by ${byName} (${way}): ${reason}`,
    works,
    ...(waiting ? [`It waits: ${waiting.what}`] : []),
    ...(needs ? [`It needs approval: ${needs.why}`] : []),
  ];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
