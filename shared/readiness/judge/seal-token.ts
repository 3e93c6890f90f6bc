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
  if (!rights.ok) evidence.push(`Rights of the token, beside the names of its policies: ${rights.detail}.`);
  return { evidence, problems, unjudged: {}, ...(end && { end }) };
}

/** What sets an end to its renewals. */
function kindProblem(token: SealToken): string | undefined {
  const { periodMs, explicitMaxTtlMs, orphan, renewable } = token;
  if (explicitMaxTtlMs > 0)
    return `the seal's token has an explicit maximum TTL of ${words(explicitMaxTtlMs)}: no renewal goes beyond it`;
  if (!neverEnds(token) && periodMs === 0)
    return "the seal's token is not periodic: renewals end at its maximum TTL";
  if (!neverEnds(token) && !renewable) return "the seal's token cannot be renewed";
  return orphan ? undefined : "the seal's token is not an orphan: it dies with the token that made it";
}

function lifeLine(token: SealToken): string {
  const { ttlMs, periodMs, orphan, renewable, explicitMaxTtlMs } = token;
  const kind = [
    periodMs > 0 ? `periodic (${words(periodMs)})` : 'not periodic',
    orphan ? 'orphan' : 'not an orphan',
    renewable ? 'renewable' : 'not renewable',
    ...(explicitMaxTtlMs > 0 ? [`explicit maximum ${words(explicitMaxTtlMs)}`] : []),
  ];
  return `Token: ${kind.join(', ')}; ${neverEnds(token) ? 'it never ends' : `${words(ttlMs)} left`}.`;
}
