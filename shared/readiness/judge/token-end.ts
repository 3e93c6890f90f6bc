/** When a transit seal's token ends by itself. Pure. */
import type { SealToken } from '../exercise/transit-exercise.ts';
import type { ReadinessProblem } from '../readiness.ts';
import { urgency, words } from './life.ts';

export interface TokenEnd {
  problem: ReadinessProblem;
  why: string;
  /** ms. */
  at: number;
}

/**
 * A running seal renews at 70 to 73 % of the lease (LifetimeWatcher of Vault's Go client), periodic or not: a token with a
 * third of it left is well, one with less than a quarter is not renewed any more.
 */
const unrenewedShare = 1 / 4;

/** Undefined while there is time. @param now ms. */
export function tokenEnd(token: SealToken, now: number): TokenEnd | undefined {
  if (neverEnds(token)) return undefined;
  const { ttlMs, periodMs, creationTtlMs, explicitMaxTtlMs, ageMs } = token;
  const byTtl = urgency(
    ttlMs,
    periodMs > 0 ? periodMs : creationTtlMs,
    token.renewable ? unrenewedShare : 1 / 3,
  );
  const lastMs = explicitMaxTtlMs > 0 ? Math.max(0, explicitMaxTtlMs - ageMs) : Number.POSITIVE_INFINITY;
  const byMax = urgency(lastMs, explicitMaxTtlMs || undefined);
  const severity = byTtl === 'critical' || byMax === 'critical' ? 'critical' : (byTtl ?? byMax);
  if (!severity) return undefined;
  const isFinal = byMax === severity || !token.renewable;
  const leftMs = byTtl ? ttlMs : lastMs;
  const why = `the seal's token ends in ${words(leftMs)}${isFinal ? ', and no renewal goes beyond that' : ': nothing has renewed it'}`;
  const evidence = [`TTL left ${words(ttlMs)}${periodMs > 0 ? `, of a period of ${words(periodMs)}` : ''}.`];
  if (explicitMaxTtlMs > 0) evidence.push(`Explicit maximum TTL: ${words(lastMs)} left.`);
  return {
    problem: { code: 'seal-token-expiring', severity, summary: why, evidence },
    why,
    at: now + leftMs,
  };
}

/** As a root token: lookup-self shows 0 for both. In its last second any token shows a TTL of 0. */
export function neverEnds({ ttlMs, creationTtlMs }: SealToken): boolean {
  return ttlMs === 0 && creationTtlMs === 0;
}
