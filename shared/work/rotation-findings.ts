/** What the rotate app's open rotations mean for people. Pure. Rows that could not be read mean unjudged. */
import { type Assessment, assessmentOf, type Finding, type FindingCode } from '../finding.ts';
import type { Cluster } from '../fleet/fleet.ts';
import type { Rotation } from '../rotation/rotation.ts';
import type { Read } from './recover-findings.ts';
import { judgeRotations, rotationCodes, unjudgedOf } from './rotation-findings/judge.ts';

const codes: ReadonlySet<FindingCode> = new Set<FindingCode>(rotationCodes);

type Known = { finding: Pick<Finding, 'code'> };

function isOfRotation({ finding }: Known): boolean {
  return codes.has(finding.code);
}

/**
 * @param judged what else was judged of the same cluster; it is returned as it is where there is no rotation and none was
 * told of: of almost every cluster in almost every sweep.
 * @param known what is already alerted of.
 */
export function withRotations(
  cluster: Pick<Cluster, 'recovery' | 'rotation'>,
  rotations: Read<Rotation[]>,
  judged: Assessment,
  known: readonly Known[],
  now: number,
): Assessment {
  if (rotations.read && rotations.value.length === 0 && !known.some(isOfRotation)) return judged;
  const findings = rotations.read ? judgeRotations(cluster, rotations.value, now) : [];
  const listed = findings.map((finding) => ({
    code: finding.code,
    subject: finding.subject,
    verdict: { state: 'present' as const, finding },
  }));
  return assessmentOf([...judged.verdicts, ...listed], () => ({
    ...judged.defaults,
    ...Object.fromEntries(
      rotationCodes
        .filter((code) => findings.every((finding) => finding.code !== code))
        .map((code) => [code, otherwise(code, rotations)]),
    ),
  }));
}

function otherwise(code: FindingCode, rotations: Read<Rotation[]>): Assessment['defaults'][FindingCode] {
  if (!rotations.read) return { state: 'unjudged', why: rotations.why };
  const why = code === 'rotation-failing' ? undefined : unjudgedOf(rotations.value);
  return why === undefined ? { state: 'absent' } : { state: 'unjudged', why };
}
