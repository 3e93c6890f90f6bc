/** The fleet's own findings in a timeline of sweeps, judged from a few words as a sweep judges them. */
import { owedOf } from '../../shared/alert/owed.ts';
import { judgeUndeliverable } from '../../shared/alert/undeliverable.ts';
import type { Assessment } from '../../shared/finding.ts';
import { judgeConfig } from '../../shared/fleet/invalid.ts';
import type { Problem } from '../../shared/fleet/problem.ts';
import type { OutboxEntry, SweepRecord } from '../../shared/state/ports.ts';
import { judgeMissed, sweepGap } from '../../shared/work/gap.ts';
import { judgeLeftOpen, type OpenRotations } from '../../shared/work/rotation-findings/left-open.ts';
import { message } from '../alert/build.ts';
import { problemsOf } from '../fleet/builders.ts';
import { epoch } from './build.ts';
import { type RotationWords, readRotations } from './rotation-rows.ts';
import type { Judged } from './run.ts';

export interface SweepWords {
  /** Seconds after the epoch at which the sweep runs. */
  at: number;
  /** fleet.yaml as it is now; `false`: it cannot be read. Not said: as before. */
  file?: string | false;
  /** Names of the clusters that fleet.yaml has from then on. Not said: as before, at first payments. */
  clusters?: string[];
  /** The open rotations, from then on. A text: why they cannot be read. */
  rotations?: RotationWords[] | string;
  /** Clusters that the sweep could not finish: why. */
  failed?: Record<string, string>;
  /** Messages that channels have not taken. Not said: none. */
  owed?: { to: string; meantFor?: string; since: number; attempts: number; failure?: string }[];
}

const intervalMs = 30_000;
const channels = [{ name: 'ops', fallback: 'pager' }, { name: 'pager' }];
const unread = { line: 0, column: 0, path: '', message: 'cannot be read (ENOENT)' };

export function judgeSweeps(sweeps: SweepWords[]): Judged[] {
  let last: SweepRecord | undefined;
  let problems: Problem[] = [];
  let names = ['payments'];
  let open: OpenRotations = { read: true, rows: [], damaged: new Map() };
  return sweeps.map(({ at: seconds, file, clusters, rotations, failed = {}, owed = [] }) => {
    const at = epoch + seconds * 1000;
    if (file !== undefined) problems = file === false ? [unread] : problemsOf(file);
    if (clusters) names = clusters;
    if (rotations !== undefined) open = openOf(rotations);
    const gap = sweepGap(last, at, intervalMs);
    const unfinished = Object.entries(failed).map(([cluster, why]) => ({ cluster, why }));
    const complete = unfinished.length === 0;
    last = {
      id: `${at}`,
      startedAt: at,
      finishedAt: at,
      clusters: 3,
      nodes: 9,
      complete,
      ...(gap && { gap }),
    };
    const assessment = merge([
      judgeConfig(problems),
      judgeMissed({ gap, failed: unfinished }),
      judgeUndeliverable(owedOf(owed.map(entry)), channels),
      judgeLeftOpen(
        open,
        names.map((name) => ({ name })),
        clusters === undefined,
      ),
    ]);
    return { assessment, facts: { nodes: {} }, at };
  });
}

function openOf(words: RotationWords[] | string): OpenRotations {
  const read = readRotations(words);
  return read.read ? { read: true, rows: read.value, damaged: new Map() } : read;
}

function entry({ to, meantFor, since, attempts, failure }: NonNullable<SweepWords['owed']>[number]) {
  const createdAt = epoch + since * 1000;
  const insteadOf = meantFor && { channel: meantFor, why: failure ?? '', notBefore: createdAt };
  const owed: OutboxEntry = {
    id: `${to} ${since}`,
    effect: { kind: 'message', channel: to, message: message(insteadOf ? { insteadOf } : {}) },
    createdAt,
    dueAt: createdAt,
    attempts,
    ...(failure !== undefined && { lastFailure: failure }),
  };
  return owed;
}

function merge(parts: Assessment[]): Assessment {
  return {
    verdicts: parts.flatMap((part) => part.verdicts),
    defaults: Object.assign({}, ...parts.map((part) => part.defaults)),
  };
}
