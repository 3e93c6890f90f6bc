/** Plays the story: acts, waits until Sealwatch has told and shows what it must, and says how long that took. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetUnderTest } from './fleet-under-test.ts';
import type { Inbox, ToldChange } from './inbox.ts';
import { wrongRecoveries } from './recovered.ts';
import type { StepLine } from './scene.ts';
import type { SeenStatus } from './seen-status.ts';
import type { Expected, Step } from './story.ts';
import { afterHowLong, seconds } from './ticks.ts';

/** How long a step may take to be told and shown. */
const patienceMs = 60_000;
const lookMs = 100;

export interface Stage {
  fleet: FleetUnderTest;
  inbox: Inbox;
  /** The newest answer of the status endpoint; undefined before the first. */
  status: () => SeenStatus | undefined;
  signal: AbortSignal;
  /** Default 60 s. */
  patienceMs?: number;
}

/** A step that did not go as it should. `report` is for a person. */
export class StepFailed extends Error {
  override name = 'StepFailed';
  readonly report: string[];

  constructor(why: string, report: string[]) {
    super(why);
    this.report = report;
  }
}

/**
 * Plays one step and keeps `line` up to date.
 *
 * @throws StepFailed when the act fails or something is still awaited 60 s after it; the signal's reason when stopped.
 */
export async function playStep(stage: Stage, step: Step, line: StepLine): Promise<void> {
  line.state = 'running';
  line.detail = step.act ? 'under way' : 'waiting for the first sweep';
  const before = stage.inbox.changes.length;
  const messagesBefore = stage.inbox.messages.length;
  const actedAt = Date.now();
  const fail = (why: string): StepFailed => {
    line.state = 'failed';
    line.detail = why;
    return new StepFailed(why, failureReport(stage, messagesBefore));
  };

  let touched: string[] = [];
  try {
    touched = (await step.act?.run(stage.fleet)) ?? [];
  } catch (error) {
    stage.signal.throwIfAborted();
    throw fail(`it could not be done: ${error instanceof Error ? error.message : String(error)}`);
  }

  const patience = stage.patienceMs ?? patienceMs;
  const deadline = performance.now() + patience;
  const shownAt = new Map<string, number>();
  const nodes = stage.fleet.nodes.map(({ name }) => name);
  // What a message says is compared once both channels have it.
  const wrong = (): string[] => (stage.inbox.unpaired > 0 ? [] : wrongRecoveries(stage.inbox, before, nodes));
  for (;;) {
    const told = stage.inbox.changes.slice(before);
    const found = step.tells.map((expected) => told.find((change) => matches(change, expected, touched)));
    const open = openCodes(stage.status());
    for (const code of step.shows)
      if (open.includes(code) && !shownAt.has(code)) shownAt.set(code, Date.now());
    const missing = [
      ...step.tells.filter((_, i) => !found[i]).map(({ change, code }) => `${code} ${change}`),
      ...step.shows.filter((code) => !open.includes(code)),
      ...(stage.inbox.unpaired > 0 ? ['the copy for the other channel'] : []),
      ...notShown(stage.status(), step),
    ];
    const problems = [...stage.inbox.problems, ...wrong()];
    if (problems.length > 0) throw fail(problems.join('; '));
    if (missing.length === 0) {
      line.state = 'ok';
      line.detail = detected(step, actedAt, { found: found as ToldChange[], told, shownAt });
      return;
    }
    line.detail = `waiting for ${missing.join(', ')}`;
    if (performance.now() > deadline) {
      throw fail(`not within ${patience / 1000} s: ${missing.join(', ')}`);
    }
    await sleep(lookMs, undefined, { signal: stage.signal });
  }
}

function matches(change: ToldChange, expected: Expected, touched: string[]): boolean {
  const { subject } = change;
  return (
    change.code === expected.code &&
    (change.change === expected.change || (expected.change === 'fired' && change.change === 'uncovered')) &&
    (subject.kind !== 'node' || touched.includes(subject.name ?? ''))
  );
}

/** Findings of the cluster that have fired, told on their own or under a headline. */
function openCodes(status: SeenStatus | undefined): string[] {
  const alerts = status?.clusters[0]?.alerts ?? [];
  return alerts.filter((alert) => alert.status !== 'pending').map(({ code }) => code);
}

/** What `GET /api/status` should show by now and does not. */
function notShown(status: SeenStatus | undefined, step: Step): string[] {
  const [cluster] = status?.clusters ?? [];
  if (!cluster) return ['the status of the cluster'];
  const states = Object.entries(step.states)
    .filter(([state, count]) => cluster.nodes.filter((node) => node.state === state).length !== count)
    .map(([state, count]) => `${count} ${state} in the status`);
  return [...states, ...(step.clear ? openCodes(status).map((code) => `${code} to end`) : [])];
}

function detected(
  step: Step,
  actedAt: number,
  { found, told, shownAt }: { found: ToldChange[]; told: ToldChange[]; shownAt: Map<string, number> },
): string {
  const [first] = found;
  if (!step.act || !first) return 'no finding, nothing to tell';
  const verb = first.change === 'resolved' ? 'resolved' : 'told';
  const parts = [`${first.code} ${verb} ${afterHowLong(step.act.name, actedAt, first.at)}`];
  for (const [code, at] of shownAt) parts.push(`${code} found after ${seconds(at - actedAt)}`);
  const last = Math.max(...told.map(({ at }) => at));
  if (step.clear && last > first.at) parts.push(`all clear after ${seconds(last - actedAt)}`);
  return parts.join('; ');
}

function failureReport({ fleet, inbox, status }: Stage, messagesBefore: number): string[] {
  const messages = inbox.messages.slice(messagesBefore);
  const [cluster] = status()?.clusters ?? [];
  return [
    `messages received in this step: ${messages.length === 0 ? 'none' : ''}`,
    ...messages.flatMap(({ lines }) => lines.map((text) => `  ${text}`)),
    'the status endpoint says:',
    ...(cluster?.nodes ?? []).map(({ name, state }) => `  ${name}: ${state}`),
    ...(cluster?.alerts ?? []).map(({ code, status, summary }) => `  ${code} (${status}): ${summary}`),
    ...fleet.nodes.flatMap(({ name }) => [
      `the end of the log of ${name}:`,
      ...fleet
        .logTail(name)
        .split('\n')
        .map((text) => `  ${text}`),
    ]),
  ];
}
