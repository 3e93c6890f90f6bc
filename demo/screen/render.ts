/** A moment of the demo as lines of a terminal. Pure; every line fits, however small the terminal is. */
import type { Scene, SeenCluster, SeenFinding, StepLine } from '../scene.ts';
import { type Line, line, type Size, type Style, title } from './line.ts';
import { messageLines } from './messages.ts';
import { clean, fit, pad, width } from './text.ts';

export const footer = 'Ctrl-C ends it and leaves nothing behind';

/** At most `rows` lines, none wider than `columns`. What has no room: old messages, then findings, then nodes. */
export function render(scene: Scene, size: Size): Line[] {
  const head = [line(['Sealwatch demo  ', 'bold'], [scene.heading, 'plain']), line([scene.fleetFile, 'dim'])];
  const clusters =
    scene.clusters.length > 0
      ? scene.clusters.flatMap(clusterLines)
      : [line(['Clusters  ', 'bold'], ['before the first sweep', 'dim'])];
  const findings = findingLines(scene.findings);
  const steps = [title('Story'), ...scene.steps.map(stepLine)];
  const foot = [line([footer, 'dim'])];

  // The story is what a person came for; then what is broken; then what the chat says.
  let room = size.rows - foot.length;
  const take = (wanted: Line[]): Line[] => {
    const taken = wanted.slice(0, Math.max(0, room));
    room -= taken.length;
    return taken;
  };
  const shown = {
    steps: take(roomy(steps, size)),
    head: take(head),
    clusters: take(roomy(clusters, size)),
    findings: take(roomy(findings, size)),
    messages: take(messageLines(scene.messages, { columns: size.columns, rows: room })),
  };
  return [
    ...shown.head,
    ...shown.clusters,
    ...shown.findings,
    ...shown.messages,
    ...shown.steps,
    ...foot,
  ].map((wanted) => fitLine(wanted, size.columns));
}

/** With an empty line before it, where the terminal is high enough for such things. */
function roomy(lines: Line[], size: Size): Line[] {
  return size.rows >= 32 ? [[], ...lines] : lines;
}

function clusterLines(cluster: SeenCluster): Line[] {
  return [
    line([`${cluster.name}  `, 'bold'], [cluster.status, severityStyle(cluster.status)]),
    ...cluster.nodes.map((node) =>
      line(
        [`  ${pad(clean(node.name), 14)}`, 'plain'],
        [pad(clean(node.state), 13), nodeStyle(node.state)],
        [node.address, 'dim'],
      ),
    ),
  ];
}

function findingLines(findings: SeenFinding[]): Line[] {
  if (findings.length === 0) return [line(['Findings  ', 'bold'], ['none', 'good'])];
  return [
    title('Findings'),
    ...findings.map(({ severity, code, summary }) =>
      line([`  ${pad(severity, 10)}`, severityStyle(severity)], [`${code}: `, 'bold'], [summary, 'plain']),
    ),
  ];
}

const marks = { waiting: '·', running: '>', ok: '+', failed: 'x' };
const stepStyles = { waiting: 'dim', running: 'bold', ok: 'good', failed: 'bad' } as const;

function stepLine({ title: what, state, detail }: StepLine): Line {
  return line(
    [`  ${marks[state]} ${what}`, stepStyles[state]],
    [detail === '' ? '' : `: ${detail}`, 'plain'],
  );
}

function severityStyle(severity: string): Style {
  if (severity === 'ok') return 'good';
  if (severity === 'critical') return 'bad';
  return severity === 'warning' ? 'warn' : 'plain';
}

function nodeStyle(state: string): Style {
  if (state === 'active' || state === 'standby') return 'good';
  return state === 'unknown' ? 'dim' : 'bad';
}

function fitLine(wanted: Line, columns: number): Line {
  let room = columns;
  const fitted: Line = [];
  for (const { text, style } of wanted) {
    const cut = fit(clean(text), room);
    if (cut === '') continue;
    fitted.push({ text: cut, style });
    room -= width(cut);
  }
  return fitted;
}
