/**
 * What the rotate app's row means for people: whether a node that restarts now would unseal. Pure. Expired, missing,
 * unreadable or of another seal means unjudged: whatever was told of it stays as it is. That a row expired is told
 * (DESIGN, rule 13): a rotate app that is dead cannot say so itself.
 */
import type { GenerationRow } from '../escrow/generation.ts';
import { type Assessment, assessmentOf, entryOf, type Finding, finding } from '../finding.ts';
import type { Cluster } from '../fleet/fleet.ts';
import type { ClusterObservation } from '../probe/observation.ts';
import {
  type Readiness,
  type ReadinessCode,
  type ReadinessProblem,
  readinessCodes,
} from '../readiness/readiness.ts';
import { coverByReadiness } from './readiness-findings/cover.ts';
import { isOfSeal, readinessCodesOf } from './readiness-findings/of-seal.ts';
import type { Read } from './recover-findings.ts';

export interface ReadinessRows {
  readiness: Read<Readiness | undefined>;
  /** The newest accepted one: what a readiness of escrow was told from. */
  generation: Read<GenerationRow | undefined>;
}

/**
 * @param judged what the probe and the recover app's rows of the same cluster said; what a dead seal or a useless escrow
 * explains of it is put under one headline.
 */
export function withReadiness(
  cluster: Pick<Cluster, 'seal'>,
  rows: ReadinessRows,
  judged: Assessment,
  { nodes }: Pick<ClusterObservation, 'nodes'>,
  now: number,
): Assessment {
  const codes = readinessCodesOf(cluster.seal);
  const row = usable(rows, cluster, now);
  const findings = row.ok ? findingsOf(row.value, codes) : silenceOf(row, codes);
  const verdicts =
    findings.length === 0 ? judged.verdicts : coverByReadiness(withFindings(judged, findings), nodes);
  return assessmentOf(verdicts, () => ({
    ...judged.defaults,
    ...Object.fromEntries(
      readinessCodes
        .filter((code) => findings.every((one) => one.code !== code))
        .map((code) => [code, codes.includes(code) ? defaultOf(code, row) : { state: 'absent' as const }]),
    ),
  }));
}

/** `since`: of a row that expired, when it was exercised last, ms. */
type Usable = { ok: true; value: Readiness } | { ok: false; why: string; since?: number };

function usable(
  { readiness, generation }: ReadinessRows,
  { seal }: Pick<Cluster, 'seal'>,
  now: number,
): Usable {
  const says = (why: string): Usable => ({ ok: false, why });
  if (!readiness.read) return says(readiness.why);
  const { value } = readiness;
  if (!value) return says('readiness was never exercised');
  if (value.seal !== seal.type) return says(`readiness was exercised when the seal was ${value.seal}`);
  if (!isOfSeal(value, seal)) return says('readiness was exercised for another seal entry of fleet.yaml');
  if (value.validUntil <= now)
    return { ok: false, why: 'readiness was exercised too long ago', since: value.at };
  if (seal.type === 'shamir' && generation.read && changedAt(generation.value) > value.at)
    return says('the escrow changed since readiness was exercised');
  return { ok: true, value };
}

/** When anything was learned of an escrow last, ms. */
function changedAt(row: GenerationRow | undefined): number {
  return Math.max(row?.acceptedAt ?? 0, row?.upkeep?.at ?? 0, row?.provenAt ?? 0, row?.bad?.at ?? 0);
}

function defaultOf(code: ReadinessCode, row: Usable) {
  const why = row.ok ? row.value.unjudged[code] : row.why;
  return why === undefined ? { state: 'absent' as const } : { state: 'unjudged' as const, why };
}

function withFindings({ verdicts }: Assessment, findings: Finding[]): Assessment['verdicts'] {
  return [
    ...verdicts,
    ...findings.map((one) => ({
      code: one.code,
      subject: one.subject,
      verdict: { state: 'present' as const, finding: one },
    })),
  ];
}

function silenceOf({ since }: Extract<Usable, { ok: false }>, codes: readonly ReadinessCode[]): Finding[] {
  if (since === undefined || !codes.includes('readiness-unknown')) return [];
  const last = new Date(since).toISOString();
  return [
    finding(
      'readiness-unknown',
      { kind: 'cluster' },
      `its seal was not exercised since ${last}: is the rotate app running?`,
      [`Exercised last ${last}; due every hour.`],
      {
        severity: 'warning',
        advice: 'Start the rotate app, or read its log: it exercises every seal once an hour.',
      },
    ),
  ];
}

function findingsOf({ problems, at }: Readiness, codes: readonly ReadinessCode[]): Finding[] {
  const provider = problems.find(({ code }) => code === 'seal-provider-down');
  return problems
    .filter(({ code }) => codes.includes(code))
    .map((each) => asFinding(each.code === 'seal-not-ready' ? becauseOf(each, provider) : each, at));
}

/** It is told under the seal: so the seal names it, and what to do about it. */
function becauseOf(dead: ReadinessProblem, provider: ReadinessProblem | undefined): ReadinessProblem {
  if (!provider) return dead;
  return { ...dead, summary: provider.summary, advice: provider.advice ?? entryOf(provider.code).advice };
}

/** A line that stands alone, among others of the cluster: what was tried says only what came of it. */
const opening: Partial<Record<ReadinessCode, string>> = {
  'seal-not-ready': 'its seal does not work: ',
  'readiness-unknown': 'its seal could not be tried: ',
};

function asFinding({ code, summary, evidence, severity, advice }: ReadinessProblem, at: number): Finding {
  return finding(
    code,
    { kind: 'cluster' },
    `${opening[code] ?? ''}${summary}`,
    [...evidence, `Exercised ${new Date(at).toISOString()}, as seen from Sealwatch.`],
    { ...(severity && { severity }), ...(advice !== undefined && { advice }) },
  );
}
