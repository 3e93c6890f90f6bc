/**
 * What nodes tell of themselves without a token → since when each runs, and since when one leads, by our clock (rule 9). Pure.
 * What cannot be believed is unseen: a person's word stands in for it.
 */
import type { Answer } from '../vault/answer.ts';
import type { Health, LeaderStatus } from '../vault/answers.ts';
import type { ConsumerSight } from './rotation.ts';

/** One node's answers, of one moment. */
export interface NodeAnswers {
  node: string;
  health: Answer<Health>;
  /** Our clock when health was asked and answered, ms. */
  asked: number;
  answered: number;
  /** By its own clock, ms. */
  start: Answer<number>;
  leader: Answer<LeaderStatus>;
}

/** sys/health tells whole seconds: closer than this, two clocks count as one, ms. */
const sameClockMs = 2_000;
/** A clock is compared over an answer that took less; with `sameClockMs` it stays below what the plan allows for, ms. */
const longestAnswerMs = 3_000;
/** Nothing began later than this from now, ms. */
const futureMs = 60_000;
/** Before Vault was there. */
const earliest = Date.UTC(2000, 0);

/** @param now wall-clock time, ms. */
export function sightOf(cluster: string, answers: readonly NodeAnswers[], now: number): ConsumerSight {
  const seen = answers.map((one) => seenOf(one, now));
  const nodes = seen.map(({ node, start }) =>
    'at' in start ? { node, startedAt: start.at } : { node, unseen: start.why },
  );
  const leading = seen.flatMap(({ leads }) => leads ?? []);
  const [only, ...others] = leading;
  if (!only) return { cluster, nodes, leaderUnseen: noLeader(answers) };
  if (others.length > 0)
    return { cluster, nodes, leaderUnseen: 'more than one node says that it leads: wait for one of them' };
  return 'at' in only ? { cluster, nodes, leaderSince: only.at } : { cluster, nodes, leaderUnseen: only.why };
}

type Time = { at: number } | { why: string };

function seenOf(answers: NodeAnswers, now: number): { node: string; start: Time; leads: Time | undefined } {
  const { node } = answers;
  const offset = offsetOf(answers);
  const start = 'why' in offset ? offset : startOf(answers, offset.ms, now);
  return { node, start, leads: leadsSince(answers, offset, start, now) };
}

/** How far its clock is before ours, ms. */
function offsetOf({ node, health, asked, answered }: NodeAnswers): { ms: number } | { why: string } {
  if (!health.ok) return { why: `${node} does not tell its time: sys/health ${failure(health)}` };
  const seconds = health.body.server_time_utc;
  if (seconds === undefined)
    return { why: `${node} does not tell its time (server_time_utc of sys/health): its clock is not known` };
  if (answered - asked > longestAnswerMs)
    return { why: `${node} took too long to tell its time: its clock cannot be compared with ours` };
  const ms = seconds * 1000 + 500 - (asked + answered) / 2;
  return { ms: Math.abs(ms) <= sameClockMs ? 0 : ms };
}

function startOf({ node, start }: NodeAnswers, offset: number, now: number): Time {
  if (!start.ok) return { why: `${node} does not show when its process started: ${unreadable(start)}` };
  return believed(start.body - offset, now, `${node} shows a start of its process`);
}

/** Undefined: it does not lead. Its answer counts for no more than the start of its own process. */
function leadsSince(
  { node, leader, health }: NodeAnswers,
  offset: { ms: number } | { why: string },
  start: Time,
  now: number,
): Time | undefined {
  if (!leader.ok) return undefined;
  const { ha_enabled, is_self, active_time } = leader.body;
  // Alone and unsealed, it leads at the earliest since it started.
  if (!ha_enabled) return health.ok && !health.body.sealed ? start : undefined;
  if (is_self !== true) return undefined;
  if ('why' in offset) return offset;
  const at = momentOf(active_time);
  if (at === undefined)
    return { why: `${node} leads, and does not say since when (active_time of sys/leader)` };
  const since = believed(at - offset.ms, now, `${node} says that it leads since a time`);
  return 'at' in since && 'at' in start ? { at: Math.max(since.at, start.at) } : since;
}

function believed(at: number, now: number, what: string): Time {
  if (!(at >= earliest)) return { why: `${what} before the year 2000: it is not believed` };
  return at > now + futureMs ? { why: `${what} that has not come yet: it is not believed` } : { at };
}

/** RFC 3339 → ms. Undefined: none, or Go's zero time. */
function momentOf(text: string | undefined): number | undefined {
  if (text === undefined || text.startsWith('0001-01-01')) return undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

function noLeader(answers: readonly NodeAnswers[]): string {
  const silent = answers.filter(({ leader }) => !leader.ok).map(({ node }) => node);
  if (silent.length === 0) return 'no node says that it leads';
  return `no node says that it leads, and ${silent.join(', ')} did not answer`;
}

type Failure = Extract<Answer<unknown>, { ok: false }>;

/** Vault answers 403 without `unauthenticated_metrics_access`, and 400 without Prometheus. */
function unreadable(answer: Failure): string {
  const { status } = answer.error;
  if (status === 403 || status === 400)
    return `sys/metrics wants a token or is off (${status}): set telemetry { unauthenticated_metrics_access = true } in its listener and prometheus_retention_time in telemetry`;
  return `sys/metrics ${failure(answer)}`;
}

function failure({ error: { code, status } }: Failure): string {
  return status === undefined ? `is not answered (${code})` : `answers ${status}`;
}
