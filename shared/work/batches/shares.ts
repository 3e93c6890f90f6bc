/** How a large fleet is split: by what its clusters took last time. Pure. */
import type { ProbeSettings } from '../../fleet/fleet.ts';
import type { Batch, Share } from '../../state/ports.ts';
import { inShare } from '../../state/share.ts';
import type { BatchState } from './state-of.ts';

/** More batches than this cost more than they help: they are made larger then. */
const mostBatches = 400;

/** Larger than any fleet: what makes more batches then is batches that still run. */
const mostDoubled = 1 << 20;

/** So many times the batches that are needed are still not worth to move clusters for. */
const mostMore = 1.25;

/** Clusters that wait for silent nodes get batches of their own while they are at most this share of all. */
const mostSlow = 0.2;

/** What is known of a cluster from its last batch. */
interface Known {
  /** What it took of its batch's time, ms. */
  ms: number;
  slow: boolean;
  /** The batch that died with it, and how many clusters that had: it is halved until the cause is alone. */
  died?: { number: number; clusters: number };
}

const unknown: Known = { ms: 0, slow: false };

export interface PlannedShare {
  share: Share;
  /** The worker that had its first cluster last time. */
  home?: string;
  /** A batch with these clusters died: it may take its worker with it again. */
  suspect: boolean;
}

interface Past {
  batch: Batch;
  state: BatchState;
}

type Range = Extract<Share, { from: string }>;

interface Piece {
  names: string[];
  suspect: boolean;
}

/**
 * Shares of all clusters but those of batches that are still running; each has at most `limits.clusters`, and less where
 * so many took longer than `limits.durationMs` together. Clusters that wait are apart from those that do not. The shares
 * by name leave no gap, so that whoever left fleet.yaml is in one of them. What fits as it is stays as it is: a cluster
 * that moves to another worker costs connections.
 *
 * @param names of fleet.yaml's clusters.
 * @param past rows of the last plan, and those that still run.
 */
export function planShares(names: string[], past: Past[], limits: ProbeSettings['batches']): PlannedShare[] {
  const sorted = [...names].sort(byName);
  const known = knownOf(sorted, past, limits.durationMs);
  const shares = split(sorted, past, known, limits);
  const kept = past.every(({ state }) => state === 'done') ? past.map(({ batch }) => batch.share) : [];
  const fits = kept.length > 0 && kept.length <= mostMore * shares.length && fit(kept, sorted, known, limits);
  const planned = fits ? kept.map((share) => ({ share, suspect: false })) : shares;
  return planned.map(({ share, suspect }) => {
    const home = homeOf(sorted.find(inShare(share)), past);
    return { share, suspect, ...(home !== undefined && !suspect && { home }) };
  });
}

function split(
  sorted: string[],
  past: Past[],
  known: Map<string, Known>,
  limits: ProbeSettings['batches'],
): PlannedShare[] {
  const running = past.filter(({ state }) => state === 'running').map(({ batch }) => batch.share);
  const ranges = running.filter((share) => 'from' in share);
  const runs = nameIn(running);
  const spanned = nameIn(ranges.map((range) => ({ ...range, except: [] })));
  const slow = slowOf(sorted, known).filter((name) => !runs(name));
  const isSlow = new Set(slow);
  // Between names that run: no range could have it without having what comes there while that runs.
  const between = sorted.filter((name) => spanned(name) && !runs(name) && !isSlow.has(name));
  const apart = [...slow, ...between, ...onlyOf(running)];
  const stretches = stretchesOf(sorted, ranges, apart);
  const cutInto = (cut: Cut): PlannedShare[] => [
    ...stretches.flatMap((stretch) => byRange(stretch, cut)),
    ...[slow, between].flatMap((names) =>
      cut.pieces(names).map(({ names: only, suspect }) => ({ share: { only }, suspect })),
    ),
  ];
  let shares = cutInto(new Cut(known, limits.clusters, limits.durationMs));
  const calm = new Map([...known].map(([name, { ms, slow: isSlow }]) => [name, { ms, slow: isSlow }]));
  // What died stays halved while there is room for it.
  for (const its of [known, calm]) {
    for (let by = 2; shares.length > mostBatches && by < mostDoubled; by *= 2) {
      shares = cutInto(new Cut(its, limits.clusters * by, limits.durationMs * by));
    }
  }
  return shares;
}

/** Those that wait, while they are few. */
function slowOf(sorted: string[], known: Map<string, Known>): string[] {
  const slow = sorted.filter((name) => known.get(name)?.slow);
  return slow.length <= mostSlow * sorted.length ? slow : [];
}

/**
 * Whether the shares of the last plan would do for these clusters, too: any name, of a cluster that came or left meanwhile, is in one
 * of them and only one. Beside a batch that ran there may have been a hole.
 */
function fit(
  shares: Share[],
  sorted: string[],
  known: Map<string, Known>,
  limits: ProbeSettings['batches'],
): boolean {
  const ranges = shares.filter((share) => 'from' in share).sort((a, b) => byName(a.from, b.from));
  const ends = ['', ...ranges.map(({ to }) => to)];
  const join = ranges.every(({ from }, index) => from === ends[index]) && ends.at(-1) === undefined;
  const leftOut = ranges.flatMap(({ except }) => except);
  const slow = slowOf(sorted, known).join();
  if (!join || [leftOut, onlyOf(shares)].some((apart) => apart.sort(byName).join() !== slow)) return false;
  return shares.every((share) => {
    const its = sorted.filter(inShare(share));
    const ms = its.reduce((sum, name) => sum + (known.get(name)?.ms ?? 0), 0);
    return its.length > 0 && its.length <= limits.clusters && ms <= limits.durationMs;
  });
}

/** Whoever ran its batch to the end. */
function homeOf(name: string | undefined, past: Past[]): string | undefined {
  if (name === undefined) return undefined;
  const having = past.find(({ batch, state }) => state === 'done' && inShare(batch.share)(name));
  return having?.batch.claim?.by;
}

function onlyOf(shares: Share[]): string[] {
  return shares.flatMap((share) => ('only' in share ? share.only : []));
}

function nameIn(shares: Share[]): (name: string) => boolean {
  const inside = shares.map(inShare);
  return (name) => inside.some((isIn) => isIn(name));
}

/** By code units, as storage orders keys. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param durationMs a batch that did not end is not made larger: its clusters count as if they had filled one. */
function knownOf(names: string[], past: Past[], durationMs: number): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const { batch, state } of past) {
    const { share, number, result } = batch;
    const its = names.filter(inShare(share));
    const slow = new Set(result ? result.slow : 'only' in share ? share.only : []);
    const whole = result ? result.prompt.ms / Math.max(1, result.prompt.clusters) : durationMs / its.length;
    const ms = Math.min(whole, durationMs);
    const died = state === 'died' && { died: { number, clusters: its.length } };
    for (const name of its) {
      const isSlow = slow.has(name);
      known.set(name, { ms: isSlow ? 0 : ms, slow: isSlow, ...died });
    }
  }
  return known;
}

/** Cuts a list of names into pieces. */
class Cut {
  readonly #known: Map<string, Known>;
  readonly #clusters: number;
  readonly #durationMs: number;

  constructor(known: Map<string, Known>, clusters: number, durationMs: number) {
    this.#known = known;
    this.#clusters = clusters;
    this.#durationMs = durationMs;
  }

  pieces(names: string[]): Piece[] {
    const pieces: Piece[] = [];
    let piece: string[] = [];
    let ms = 0;
    let died: Known['died'];
    const end = (): void => {
      if (piece.length > 0) pieces.push({ names: piece, suspect: died !== undefined });
      piece = [];
      ms = 0;
    };
    for (const name of names) {
      const its = this.#known.get(name) ?? unknown;
      const most = died ? Math.ceil(died.clusters / 2) : this.#clusters;
      const full = piece.length >= Math.min(most, this.#clusters) || ms + its.ms > this.#durationMs;
      if (full || its.died?.number !== died?.number) end();
      piece.push(name);
      ms += its.ms;
      died = its.died;
    }
    end();
    return pieces;
  }
}

/** Names in their order, from the end of one running range to the beginning of the next. */
interface Stretch extends Range {
  names: string[];
}

function byRange({ names, ...range }: Stretch, cut: Cut): PlannedShare[] {
  const pieces = cut.pieces(names);
  return pieces.map((piece, index) => {
    const from = index === 0 ? range.from : (piece.names[0] ?? range.from);
    const to = pieces[index + 1]?.names[0] ?? range.to;
    const share = { from, ...(to !== undefined && { to }), except: [] };
    return { share: { ...share, except: range.except.filter(inShare(share)) }, suspect: piece.suspect };
  });
}

/** One without any names becomes no batch: whoever left fleet.yaml there waits for a plan in which its neighbours do not run. */
function stretchesOf(sorted: string[], running: Range[], apart: string[]): Stretch[] {
  const except = [...new Set(apart)].sort(byName);
  return freeOf(running).map((range) => {
    const stretch = { ...range, except: except.filter(inShare(range)) };
    return { ...stretch, names: sorted.filter(inShare(stretch)) };
  });
}

/** What no running range has, nor could have. */
function freeOf(running: Range[]): Range[] {
  const free: Range[] = [];
  let from = '';
  for (const { from: start, to } of running.toSorted((a, b) => byName(a.from, b.from))) {
    if (from < start) free.push({ from, to: start, except: [] });
    if (to === undefined) return free;
    if (from < to) from = to;
  }
  return [...free, { from, except: [] }];
}
