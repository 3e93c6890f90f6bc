/** What nodes tell of themselves, with clocks that are wrong and answers that are not to be believed. */
import { describe, expect, it } from 'vitest';
import { type NodeAnswers, sightOf } from '../../shared/rotation/sight.ts';
import type { Answer, VaultErrorCode } from '../../shared/vault/answer.ts';
import type { LeaderStatus } from '../../shared/vault/answers.ts';

const now = Date.UTC(2026, 10, 22, 12);
const minutes = (n: number) => n * 60_000;

const good = <T>(body: T): Answer<T> => ({ ok: true, status: 200, body, ms: 1 });
const bad = (code: VaultErrorCode, status?: number): Answer<never> => ({
  ok: false,
  ms: 1,
  error: { code, message: 'in words of its own', recoverable: true, ...(status && { status }) },
});

interface Told {
  name?: string;
  /** How far its clock is before ours, ms. */
  ahead?: number;
  /** By a right clock, ms; undefined: metrics are closed. */
  startedAt?: number | undefined;
  /** By a right clock, ms. */
  leads?: number;
  leader?: Partial<LeaderStatus>;
  sealed?: boolean;
  tookMs?: number;
}

function node(told: Told = {}): NodeAnswers {
  const { name = 'vault-0', ahead = 0, leads, leader, sealed = false, tookMs = 20 } = told;
  const startedAt = 'startedAt' in told ? told.startedAt : now - minutes(60);
  const active = leads === undefined ? '0001-01-01T00:00:00Z' : new Date(leads + ahead).toISOString();
  return {
    node: name,
    asked: now - tookMs,
    answered: now,
    health: good({
      initialized: true,
      sealed,
      standby: false,
      server_time_utc: Math.floor((now - tookMs / 2 + ahead) / 1000),
    }),
    start: startedAt === undefined ? bad('http', 403) : good(startedAt + ahead),
    leader: good({ ha_enabled: true, is_self: leads !== undefined, active_time: active, ...leader }),
  };
}

const sight = (...answers: NodeAnswers[]) => sightOf('payments', answers, now);

describe('the start of a process', () => {
  it('is as its metrics tell', () => {
    expect(sight(node({ startedAt: now - minutes(5) })).nodes).toEqual([
      { node: 'vault-0', startedAt: now - minutes(5) },
    ]);
  });

  it.each([minutes(3), -minutes(3), minutes(60 * 24), -minutes(60 * 24)])(
    'is by our clock where the node’s is off by %i ms',
    (ahead) => {
      const [seen] = sight(node({ ahead, startedAt: now - minutes(5) })).nodes;
      expect(Math.abs((seen?.startedAt ?? 0) - (now - minutes(5)))).toBeLessThan(1_000);
    },
  );

  it('is left as it is where the clocks differ by less than the answer’s whole seconds can tell', () => {
    const [seen] = sight(node({ ahead: 900, startedAt: now - minutes(5) })).nodes;
    expect(seen?.startedAt).toBe(now - minutes(5) + 900);
  });

  it.each<[string, NodeAnswers, string]>([
    ['metrics want a token', node({ startedAt: undefined }), 'unauthenticated_metrics_access = true'],
    ['metrics are off', { ...node(), start: bad('http', 400) }, 'prometheus_retention_time in telemetry'],
    ['metrics are no metrics', { ...node(), start: bad('not-vault', 200) }, 'sys/metrics answers 200'],
    ['nobody answers', { ...node(), start: bad('refused') }, 'sys/metrics is not answered (refused)'],
    ['its time is not told', { ...node(), health: bad('timeout') }, 'sys/health is not answered (timeout)'],
    [
      'its health holds no time',
      { ...node(), health: good({ initialized: true, sealed: false, standby: false }) },
      'its clock is not known',
    ],
    ['its time took long', node({ tookMs: 3_100 }), 'its clock cannot be compared with ours'],
    ['it is in the future', node({ startedAt: now + minutes(2) }), 'has not come yet'],
    ['it is before there was Vault', node({ startedAt: 5 }), 'before the year 2000'],
    ...[Number.NaN, 1e300, -1e300].map((time): [string, NodeAnswers, string] => [
      `its clock makes no sense (${time})`,
      {
        ...node(),
        health: good({ initialized: true, sealed: false, standby: false, server_time_utc: time }),
      },
      'is not believed',
    ]),
  ])('is unseen where %s, in our words', (_what, answers, why) => {
    const [seen] = sight(answers).nodes;
    expect(seen).toEqual({ node: 'vault-0', unseen: expect.stringContaining(why) as string });
    expect(seen?.unseen).not.toContain('words of its own');
  });

  it('of one node that is not seen takes nothing from the others', () => {
    const { nodes } = sight(node({ startedAt: undefined }), node({ name: 'vault-1' }));
    expect(nodes).toEqual([
      { node: 'vault-0', unseen: expect.any(String) as string },
      { node: 'vault-1', startedAt: now - minutes(60) },
    ]);
  });
});

describe('since when one leads', () => {
  it('is as the one tells that leads', () => {
    const { leaderSince } = sight(node(), node({ name: 'vault-1', leads: now - minutes(7) }));
    expect(leaderSince).toBe(now - minutes(7));
  });

  it('is by our clock where the node’s is off', () => {
    const { leaderSince = 0 } = sight(node({ ahead: minutes(90), leads: now - minutes(7) }));
    expect(Math.abs(leaderSince - (now - minutes(7)))).toBeLessThan(1_000);
  });

  it('is read to the nanosecond and with an offset of its zone', () => {
    const leader = { is_self: true, active_time: '2026-11-22T13:30:32.438308941+02:00' };
    expect(sight(node({ leader })).leaderSince).toBe(Date.UTC(2026, 10, 22, 11, 30, 32, 438));
  });

  it('is never before its process started', () => {
    const told = { leads: now - minutes(90), startedAt: now - minutes(5) };
    expect(sight(node(told)).leaderSince).toBe(now - minutes(5));
  });

  it('is seen where metrics are closed', () => {
    expect(sight(node({ leads: now - minutes(7), startedAt: undefined })).leaderSince).toBe(now - minutes(7));
  });

  it('is at the earliest the start of a process that is alone, without HA', () => {
    const leader = { ha_enabled: false, is_self: false };
    expect(sight(node({ leader })).leaderSince).toBe(now - minutes(60));
    expect(sight(node({ leader, sealed: true })).leaderSince).toBeUndefined();
  });

  it.each<[string, NodeAnswers[], string]>([
    ['nobody leads', [node(), node({ name: 'vault-1' })], 'no node says that it leads'],
    [
      'who may lead does not answer',
      [node(), { ...node({ name: 'vault-1' }), leader: bad('timeout') }],
      'no node says that it leads, and vault-1 did not answer',
    ],
    [
      'two say that they lead',
      [node({ leads: now - minutes(7) }), node({ name: 'vault-1', leads: now - minutes(1) })],
      'more than one node',
    ],
    ['it does not say since when', [node({ leader: { is_self: true } })], 'does not say since when'],
    [
      'what it says is no time',
      [node({ leader: { is_self: true, active_time: 'now' } })],
      'does not say since when',
    ],
    ['it is in the future', [node({ leads: now + minutes(2) })], 'has not come yet'],
    [
      'it is before there was Vault',
      [node({ leader: { is_self: true, active_time: '1999-12-31T23:59:59Z' } })],
      'before the year 2000',
    ],
    [
      'the clock of who leads is not known',
      [{ ...node({ leads: now - minutes(7) }), health: bad('http', 500) }],
      'does not tell its time',
    ],
  ])('is unseen where %s', (_what, answers, why) => {
    const seen = sight(...answers);
    expect(seen.leaderSince).toBeUndefined();
    expect(seen.leaderUnseen).toContain(why);
  });
});
