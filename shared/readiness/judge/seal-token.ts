/** The token with which a transit seal asks its provider: how long it lives, and what it may do. Pure. */
import type { SealToken, TransitExercise } from '../exercise/transit-exercise.ts';
import type { Judged, ReadinessProblem } from '../readiness.ts';
import { words } from './life.ts';
import { neverEnds, type TokenEnd, tokenEnd } from './token-end.ts';
import { tooWide } from './token-rights.ts';

interface JudgedToken extends Pick<Judged, 'evidence' | 'problems' | 'unjudged'> {
  /** Set where its end is near enough to be a risk. */
  end?: TokenEnd;
}

export const tokenCodes = [
  'seal-token-expiring',
  'seal-token-not-periodic',
  'seal-token-too-wide',
] as const satisfies ReadinessProblem['code'][];

/** @param now ms. */
export function judgeSealToken(
  { roundTrip, token, rights }: Pick<TransitExercise, 'roundTrip' | 'token' | 'rights'>,
  now: number,
): JudgedToken {
  if (!token.ok) {
    return {
      // A token that does not work, or a provider that does not serve, is told by the round trip.
      evidence: roundTrip.ok ? [`The token cannot be looked up: ${token.detail}.`] : [],
      problems: [],
      unjudged: Object.fromEntries(tokenCodes.map((code) => [code, token.detail])),
    };
  }
  const { value } = token;
  const end = tokenEnd(value, now);
  const evidence = [lifeLine(value)];
  const kind = kindProblem(value);
  const problems: ReadinessProblem[] = [
    ...(end ? [end.problem] : []),
    ...(kind === undefined
      ? []
      : [{ code: 'seal-token-not-periodic' as const, summary: kind, evidence: [...evidence] }]),
    ...tooWide(value, rights),
  ];
  const unseen = limitsUnseen(value);
  if (unseen !== undefined) evidence.push(`Whether it is periodic is not seen: ${unseen}.`);
  if (!rights.ok) evidence.push(`Rights of the token, beside the names of its policies: ${rights.detail}.`);
  const unjudged = unseen === undefined || kind !== undefined ? {} : { 'seal-token-not-periodic': unseen };
  return { evidence, problems, unjudged, ...(end && { end }) };
}

/** Why no renewal makes it one that a seal should have: not periodic, not an orphan, or too wide by its policies' names. */
export function unfitToken(token: SealToken): string | undefined {
  const unread = { ok: false, code: 'denied', detail: 'not asked' } as const;
  return kindProblem(token) ?? tooWide(token, unread)[0]?.summary;
}

/** What sets an end to its renewals. */
function kindProblem(token: SealToken): string | undefined {
  const { periodMs, explicitMaxTtlMs, orphan, renewable, role } = token;
  if (role?.limits === 'gone')
    return `the token role ${role.name} that made the seal's token is gone: nothing renews it any more`;
  if (explicitMaxTtlMs > 0)
    return `the seal's token has an explicit maximum TTL of ${words(explicitMaxTtlMs)}: no renewal goes beyond it`;
  if (!neverEnds(token) && periodMs === 0 && role?.limits !== 'unseen')
    return "the seal's token is not periodic: renewals end at its maximum TTL";
  if (!neverEnds(token) && !renewable) return "the seal's token cannot be renewed";
  return orphan ? undefined : "the seal's token is not an orphan: it dies with the token that made it";
}

function limitsUnseen({ role, periodMs }: SealToken): string | undefined {
  if (role?.limits !== 'unseen' || periodMs > 0) return undefined;
  return `token role ${role.name} made it, and only the role says so; ${role.why}`;
}

function lifeLine(token: SealToken): string {
  const { ttlMs, periodMs, orphan, renewable, explicitMaxTtlMs, role } = token;
  const kind = [
    ...(periodMs > 0 ? [`periodic (${words(periodMs)})`] : role?.limits === 'unseen' ? [] : ['not periodic']),
    orphan ? 'orphan' : 'not an orphan',
    renewable ? 'renewable' : 'not renewable',
    ...(explicitMaxTtlMs > 0 ? [`explicit maximum ${words(explicitMaxTtlMs)}`] : []),
  ];
  return `Token: ${kind.join(', ')}; ${neverEnds(token) ? 'it never ends' : `${words(ttlMs)} left`}.`;
}
