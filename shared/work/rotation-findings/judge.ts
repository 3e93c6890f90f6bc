/** Open rotations of one cluster as findings: people are asked, it waits too long, it fails. Pure. */
import { clip, oneLine } from '../../alert/text.ts';
import { type Finding, type FindingCode, finding, type Severity } from '../../finding.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import { readableSince } from '../../rotation/plan/in-use.ts';
import type { Rotation, RotationFailure } from '../../rotation/rotation.ts';
import { nameOf } from '../recover-findings/story.ts';
import { factsOf, iso, nameText, reachedLast, stepText, waitText, wayBack } from './story.ts';

export const rotationCodes = [
  'rotation-approval',
  'rotation-overdue',
  'rotation-failing',
] as const satisfies FindingCode[];

type RotationCode = (typeof rotationCodes)[number];
type Of = Pick<Cluster, 'recovery' | 'rotation'>;

/** A throttled call or a provider that fails over mends itself; what goes on for longer, or comes back so often, is told. */
const failingMs = 30 * 60_000;
const failingTimes = 3;
/** Where neither the row nor fleet.yaml says when it is overdue, ms. */
const overdueOtherwise = 7 * 24 * 3_600_000;
/** A line has to end with what it says. */
const textLength = 200;

/** What only people's words end; shared/rotation/plan/ words it so. */
const confirmWords = /a person's word that/;
const decideWords = /\broll back$|, then confirm$|: put it back, or (roll back|forget this rotation)/;

/** Each code once, whatever number of rotations it is said of. */
export function judgeRotations(cluster: Of, open: readonly Rotation[], now: number): Finding[] {
  const oldestFirst = open.toSorted((a, b) => a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1));
  const failing = oldestFirst.filter((rotation) => isFailing(rotation, now));
  const asking = oldestFirst.filter(asksPeople);
  const overdue = oldestFirst.filter(
    (rotation) =>
      !asking.includes(rotation) &&
      (rotation.failing === undefined || failing.includes(rotation)) &&
      isOverdue(cluster, rotation, now),
  );
  return [
    ...told('rotation-failing', failing, failingFinding),
    ...told('rotation-approval', asking, (rotation) => approval(cluster, rotation, now)),
    ...told('rotation-overdue', overdue, overdueFinding).map((one) =>
      // It is late because it fails: one cause, one headline.
      overdue.every((rotation) => failing.includes(rotation))
        ? { ...one, under: 'rotation-failing' as const }
        : one,
    ),
  ];
}

/** Where the last try failed the row says no more what it waited for before. */
export function unjudgedOf(open: readonly Rotation[]): string | undefined {
  const failed = open.find(({ failing }) => failing !== undefined);
  return failed && `${nameText(failed)}: its last try failed, so what it waits for is not known`;
}

interface Said {
  summary: string;
  evidence?: string[];
  advice: string;
  severity?: Severity;
}

function told(code: RotationCode, rotations: Rotation[], say: (rotation: Rotation) => Said): Finding[] {
  const said = rotations.map((rotation) => ({ rotation, ...say(rotation) }));
  const [first] = said;
  if (!first) return [];
  const severity = said.find((one) => one.severity !== undefined)?.severity;
  const summary = said.map((one) => one.summary).join('; ');
  const evidence = said.flatMap((one) => [...(one.evidence ?? []), ...factsOf(one.rotation)]);
  const advice = [...new Set(said.map((one) => one.advice))].join('. ');
  const meaning = rotations.some(isDeadUntil) ? { meaning: deadMeaning } : {};
  return [
    finding(code, { kind: 'cluster' }, summary, evidence, {
      advice,
      ...meaning,
      ...(severity && { severity }),
    }),
  ];
}

const deadMeaning =
  'What nodes read does not unseal them: whatever restarts of this cluster stays down until this rotation succeeds.';

/** It mends a seal, and no sink was given what does. */
function isDeadUntil({ repairs, old, stage }: Rotation): boolean {
  return repairs && old === undefined && (stage === 'due' || stage === 'created');
}

function isFailing({ failing }: Rotation, now: number): boolean {
  return failing !== undefined && (failing.times >= failingTimes || now - failing.since > failingMs);
}

function asksPeople({ needs, waiting }: Rotation): boolean {
  if (needs) return true;
  return waiting !== undefined && (confirmWords.test(waiting.what) || decideWords.test(waiting.what));
}

function isOverdue({ rotation: policy }: Of, rotation: Rotation, now: number): boolean {
  const { waiting } = rotation;
  if (waiting) return now >= waiting.overdueAt;
  return now >= reachedLast(rotation) + (policy?.graceMs ?? 0) + (policy?.overdueMs ?? overdueOtherwise);
}

function overdueFinding(rotation: Rotation): Said {
  const { id, waiting } = rotation;
  const look = `sealwatch rotation show ${id}`;
  const first = waiting
    ? `Do what it waits for; it sees by itself that it is done (${look}).`
    : `Is the rotate app running? Read its log (${look}).`;
  return { summary: waitText(rotation), advice: withWayBack(first, rotation) };
}

function approval(cluster: Of, rotation: Rotation, now: number): Said {
  const severity = isOverdue(cluster, rotation, now) ? { severity: 'warning' as const } : {};
  const { needs, id } = rotation;
  if (!needs) return { ...confirmation(rotation), ...severity };
  const { why, missing, binding } = needs;
  return {
    summary: `${nameText(rotation)}: waits for approval by ${approversText(cluster, rotation, missing)}: ${cut(why)}`,
    evidence: [`What is approved: ${binding.step} (${cut(binding.what)}), and nothing else.`],
    advice: withWayBack(
      `If that may be now: sealwatch rotation approve ${id}. It lasts 60 minutes.`,
      rotation,
    ),
    ...severity,
  };
}

/** Who counts: shared/rotation/plan/approval.ts. */
function approversText({ recovery }: Of, { by, byName, needs }: Rotation, missing: number): string {
  // Another cluster that it touches may ask for more.
  const approvals = needs?.needed ?? recovery.approvals;
  if (missing < approvals) return 'one more person';
  if (approvals < 2) return 'one person';
  return by.startsWith('app:') ? 'two people' : `two others than ${nameOf(byName)}`;
}

function confirmation(rotation: Rotation): Said {
  const { id, waiting } = rotation;
  const what = cut(waiting?.what ?? '');
  const summary = `${nameText(rotation)}: waits for ${what}`;
  if (!confirmWords.test(waiting?.what ?? ''))
    return { summary, advice: withWayBack('Do what the first line says.', rotation) };
  const since = Math.max(readableSince(rotation), rotation.usedAt ?? 0);
  const after = since > 0 && Number.isFinite(since) ? ` after ${iso(since)}` : '';
  const confirm = `See that each of them was restarted${after}; then: sealwatch rotation confirm ${id} --reason "…".`;
  return { summary, advice: withWayBack(confirm, rotation) };
}

const remedies: Record<RotationFailure, string> = {
  denied: 'Give rotate the right that the first line names.',
  dead: 'The credential that it needs for this is not known any more: give it one that works.',
  'not-yet': 'It may begin to work by itself; if it does not, look at the provider.',
  throttled: 'Find out what else calls this service so often, and let it rest.',
  unreachable: 'Bring back what does not answer, or the way to it.',
  sealed: 'Unseal the provider first.',
  'outside-limits': "Extend the deployment's setting that the first line names, or change fleet.yaml.",
  'not-configured': 'Write into fleet.yaml what the first line says is missing.',
  wrong: 'Find out who changed what the first line names: nothing is done with it as it is.',
  odd: "Look at what the first line names, and at the rotate app's log.",
};

function failingFinding(rotation: Rotation): Said {
  const { failing } = rotation;
  if (!failing) return { summary: nameText(rotation), advice: '' };
  const { what, code, message } = failing;
  return {
    summary: `${nameText(rotation)}: ${stepText(what)} fails: ${cut(message)} (${code})`,
    advice: withWayBack(`${remedies[code]} It is tried again by itself.`, rotation),
  };
}

function withWayBack(first: string, rotation: Rotation): string {
  const back = wayBack(rotation);
  return back === undefined ? first : `${first} ${back}`;
}

function cut(text: string): string {
  return clip(oneLine(text), textLength);
}
