/** Escrow of one cluster as findings: whether its shares would help if it went down now. */
import type { GenerationRow, UpkeepProblem } from '../../escrow/generation.ts';
import { type FindingCode, finding, type Verdict } from '../../finding.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { Recovery, Trouble } from '../../recovery/recovery.ts';
import { line, troubleText } from './story.ts';

export const escrowCodes = [
  'escrow-missing',
  'escrow-bad',
  'escrow-unproven',
  'escrow-unavailable',
  'escrow-trust-changed',
  'escrow-single-point',
] as const satisfies FindingCode[];

export type EscrowCode = (typeof escrowCodes)[number];

/** The daily upkeep missed twice: what it found last says nothing of today, ms. */
const freshMs = 3 * 24 * 3_600_000;

const away = {
  'custodian-away': 'does not answer',
  'key-disabled': 'its key is disabled',
  'key-deleted': 'its key is gone',
  'key-expiring': 'its key expires soon',
  denied: 'it refuses access',
  'old-key-gone': 'an old version of its key is disabled or gone, and still needed',
} as const satisfies Partial<Record<UpkeepProblem['code'], string>>;

/** @param known recoveries, open or ended lately: what they met counts until the next upkeep looks. */
export function judgeEscrow(
  { recovery, escrow, seal }: Cluster,
  row: GenerationRow | undefined,
  known: Recovery[],
  now: number,
): Partial<Record<EscrowCode, Verdict>> {
  if (!row) {
    const isExpected = recovery.policy === 'automatic' || escrow.custodians.length > 0;
    return isExpected ? { 'escrow-missing': missing(recovery.policy) } : {};
  }
  const since = Math.max(row.acceptedAt, row.upkeep?.at ?? 0);
  const met = known.flatMap(({ troubles }) => troubles).filter(({ at }) => at > since);
  // Recovery keys unseal nothing: only shares are proven by an unseal.
  const isUnproven = seal.type === 'shamir' && row.provenAt === undefined && !row.bad;
  return {
    'escrow-bad': bad(row, met),
    ...(isUnproven && { 'escrow-unproven': unproven(row) }),
    'escrow-unavailable': unavailable(escrow, row, met, now),
    'escrow-trust-changed': trustChanged(row, met, now),
    'escrow-single-point': singlePoint(row, now),
  };
}

function present(code: EscrowCode, summary: string, evidence: string[]): Verdict {
  return {
    state: 'present',
    finding: finding(code, { kind: 'cluster' }, line(summary), [...new Set(evidence)].map(line)),
  };
}

const nameOf = ({ generation, revision }: GenerationRow): string => `generation ${generation}.${revision}`;

function missing(policy: 'manual' | 'automatic'): Verdict {
  return present('escrow-missing', 'no escrowed shares of this cluster were accepted', [
    policy === 'automatic' ? 'its recovery.policy is automatic' : 'its escrow names custodians',
  ]);
}

function bad(row: GenerationRow, met: Trouble[]): Verdict {
  if (row.bad) {
    const { node, recovery, at } = row.bad;
    return present(
      'escrow-bad',
      `${nameOf(row)} does not unseal: ${node} took its whole set and refused it`,
      [
        `${new Date(at).toISOString()}, recovery ${recovery}: the set was sent under one nonce, from progress 0`,
      ],
    );
  }
  const tampered = [
    ...problemsOf(row, ['tampered']).map(({ message }) => message),
    ...met.filter(({ code }) => code === 'envelope').map(troubleText),
  ];
  if (tampered.length > 0) {
    return present('escrow-bad', `${nameOf(row)} holds an envelope that is not what was accepted`, tampered);
  }
  return { state: 'absent' };
}

function unproven(row: GenerationRow): Verdict {
  return present('escrow-unproven', `no node was ever unsealed with ${nameOf(row)}`, [
    `accepted ${new Date(row.acceptedAt).toISOString()} from ${row.acceptedBy}`,
  ]);
}

function unavailable(
  { custodians }: Cluster['escrow'],
  row: GenerationRow,
  met: Trouble[],
  now: number,
): Verdict {
  const problems = problemsOf(row, Object.keys(away) as (keyof typeof away)[]);
  const inRecovery = met.filter(({ code }) => code === 'custodian');
  const said = Map.groupBy(
    [
      ...problems.map(({ code, custodian }) => ({
        who: custodian ?? 'one of them',
        what: away[code] as string,
      })),
      ...inRecovery.map(({ where }) => ({ who: where, what: 'failed in a recovery' })),
    ],
    ({ what }) => what,
  );
  if (said.size === 0) return unlessOld(row, now);
  const named = new Set([
    ...problems.map(({ custodian }) => custodian),
    ...inRecovery.map(({ where }) => where),
  ]);
  const owners = custodians.flatMap(({ name, owner }) =>
    owner !== undefined && named.has(name) ? [`${name} belongs to ${owner}`] : [],
  );
  const words = [...said].map(
    ([what, all]) => `${[...new Set(all.map(({ who }) => who))].toSorted().join(', ')}: ${what}`,
  );
  return present('escrow-unavailable', `custodian ${words.toSorted().join('; ')}`, [
    ...problems.map(({ message }) => message),
    ...inRecovery.map(troubleText),
    ...owners,
  ]);
}

function trustChanged(row: GenerationRow, met: Trouble[], now: number): Verdict {
  const differs = [
    ...problemsOf(row, ['trust-changed']).map(({ message }) => message),
    ...met.filter(({ code }) => code === 'trust').map(troubleText),
  ];
  if (differs.length === 0) return unlessOld(row, now);
  return present(
    'escrow-trust-changed',
    `fleet.yaml or the nodes differ from what ${nameOf(row)} is bound to`,
    differs,
  );
}

function singlePoint(row: GenerationRow, now: number): Verdict {
  const problems = problemsOf(row, ['single-point']);
  if (problems.length === 0) return unlessOld(row, now);
  return present(
    'escrow-single-point',
    `${nameOf(row)} is lost with one custodian`,
    problems.map(({ message }) => message),
  );
}

/** Without a problem: absent, unless nobody looked lately. */
function unlessOld({ upkeep }: GenerationRow, now: number): Verdict {
  if (!upkeep) return { state: 'unjudged', why: 'the escrow was not verified yet' };
  if (now - upkeep.at < freshMs) return { state: 'absent' };
  return {
    state: 'unjudged',
    why: `the escrow was last verified on ${new Date(upkeep.at).toISOString().slice(0, 10)}`,
  };
}

function problemsOf<Code extends UpkeepProblem['code']>(
  { upkeep }: GenerationRow,
  codes: Code[],
): (UpkeepProblem & { code: Code })[] {
  const wanted: readonly string[] = codes;
  return (upkeep?.problems ?? []).filter((problem): problem is UpkeepProblem & { code: Code } =>
    wanted.includes(problem.code),
  );
}
