/** Open rotations of clusters that fleet.yaml does not have: no turn works on them, and no cluster's alerts tell of them. Pure. */
import { clip, listed, oneLine } from '../../alert/text.ts';
import { type Assessment, type Finding, finding, type Verdict } from '../../finding.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { Rotation } from '../../rotation/rotation.ts';
import { leftByHand } from '../rotate/left-by-hand.ts';
import { nameText } from './story.ts';

/** Every open one, whether fleet.yaml has its cluster or not. */
export type OpenRotations =
  /** `damaged`: cluster → why a row of it cannot be read. */
  | { read: true; rows: readonly Rotation[]; damaged: ReadonlyMap<string, string> }
  | { read: false; why: string };

const code = 'rotation-left-open';
/** As many lines as a message has. */
const mostLines = 5;
const textLength = 100;
const listLength = 150;

/** @param settled two sweeps saw the same fleet.yaml: one that is seen half written lacks clusters. */
export function judgeLeftOpen(
  open: OpenRotations,
  clusters: readonly Pick<Cluster, 'name'>[],
  settled: boolean,
): Assessment {
  if (!open.read) return otherwise({ state: 'unjudged', why: open.why });
  // Almost always: nothing is open at all.
  if (open.rows.length === 0 && open.damaged.size === 0) return otherwise({ state: 'absent' });
  const known = new Set(clusters.map(({ name }) => name));
  const left = open.rows
    .filter(({ cluster }) => !known.has(cluster))
    .toSorted((a, b) => a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1));
  const damaged = [...open.damaged].find(([cluster]) => !known.has(cluster))?.[1];
  if (left.length === 0 && damaged === undefined) return otherwise({ state: 'absent' });
  if (!settled) return otherwise({ state: 'unjudged', why: 'fleet.yaml has just changed' });
  const [first, ...more] = left;
  if (!first) return otherwise({ state: 'unjudged', why: damaged ?? '' });
  const subject = { kind: 'fleet' } as const;
  const verdict = { state: 'present', finding: leftFinding([first, ...more]) } as const;
  return { verdicts: [{ code, subject, verdict }], defaults: { [code]: { state: 'absent' } } };
}

function otherwise(verdict: Exclude<Verdict, { state: 'present' }>): Assessment {
  return { verdicts: [], defaults: { [code]: verdict } };
}

function leftFinding(left: readonly [Rotation, ...Rotation[]]): Finding {
  const [first, ...more] = left;
  const clusters = listed([...new Set(left.map(({ cluster }) => text(cluster)))], textLength);
  const summary =
    more.length === 0
      ? `${clip(nameText(first), textLength)}: nobody goes on with rotation ${text(first.id)}, for fleet.yaml has no cluster ${clusters}`
      : `nobody goes on with ${left.length} rotations, for fleet.yaml does not have their clusters: ${listed(left.map(leftText), listLength)}`;
  // What each is, then what to do with each first: a message has few lines.
  const shown = left.length > mostLines ? left.slice(0, mostLines - 1) : left;
  const rest = left.length - shown.length;
  const hands = shown.map((rotation) => {
    const of = more.length > 0 ? `${text(rotation.id)}: ` : '';
    return leftByHand(rotation).map((line) => `${of}${line}`);
  });
  const evidence = [
    ...shown.map(factText),
    ...(rest > 0 ? [`and ${rest} more: sealwatch rotation list`] : []),
    ...hands.flatMap(([line]) => line ?? []),
    ...hands.flatMap((lines) => lines.slice(1)),
  ];
  const id = more.length === 0 ? text(first.id) : 'ID';
  const advice = `Put ${clusters} back into fleet.yaml until the rotation has ended, or is rolled back. Or end by hand what it left, then: sealwatch rotation forget ${id} --reason "…"`;
  return finding(code, { kind: 'fleet' }, summary, evidence, { advice });
}

/** "payments.4f1c (token of payments at root)" */
function leftText(rotation: Rotation): string {
  return `${text(rotation.id)} (${clip(nameText(rotation), textLength)})`;
}

/** What it is, what it made, and what there was before. */
function factText({ id, kind, stage, direction, fresh, old, sinks }: Rotation): string {
  const made = fresh ? `made ${text(fresh.ref)}` : 'made nothing that is known';
  const theirs = old?.ours === false ? ', made by people' : '';
  const before = old ? `the one before is ${text(old.ref)}${theirs}` : 'none before it works';
  const given = Object.entries(sinks).filter(([, { startedAt }]) => startedAt !== undefined);
  const to =
    given.length > 0
      ? `, given to ${listed(
          given.map(([name]) => text(name)),
          textLength,
        )}`
      : '';
  const back = direction === 'back' ? ', going back' : '';
  return `${text(id)} (${kind}), stage ${stage}${back}: ${made}${to}; ${before}.`;
}

function text(value: string): string {
  return clip(oneLine(value), textLength);
}
