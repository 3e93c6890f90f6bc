/** What the pages of watch say of a cluster's open rotations. Pure. */
import { clip, oneLine } from '../alert/text.ts';
import type { Rotation } from '../rotation/rotation.ts';
import type { Read } from './recover-findings.ts';
import { iso, nameText, reachedLast, stepText } from './rotation-findings/story.ts';

export interface RotationLine {
  id: string;
  /** "token of payments at root: waits for a restart of payments/vault-2, to use the new one" */
  summary: string;
  stage: Rotation['stage'];
  since: string;
  needs?: 'approval';
  /** What was tried last and failed. */
  failing?: string;
}

const textLength = 300;

/** A line each; a text says why they cannot be read. Undefined: none is open. */
export function rotationLines(rotations: Read<Rotation[]>): RotationLine[] | string | undefined {
  if (!rotations.read) return rotations.why;
  if (rotations.value.length === 0) return undefined;
  return rotations.value.toSorted((a, b) => a.requestedAt - b.requestedAt).map(lineOf);
}

function lineOf(rotation: Rotation): RotationLine {
  const { id, stage, needs, waiting, failing } = rotation;
  const says = needs
    ? `waits for approval: ${needs.why}`
    : waiting
      ? `waits for ${waiting.what}`
      : `stage ${stage} reached`;
  return {
    id,
    summary: clip(oneLine(`${nameText(rotation)}: ${says}`), textLength),
    stage,
    since: iso(waiting?.since ?? reachedLast(rotation)),
    ...(needs && { needs: 'approval' as const }),
    ...(failing && { failing: clip(oneLine(`${stepText(failing.what)}: ${failing.message}`), textLength) }),
  };
}
