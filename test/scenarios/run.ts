/** Plays a scenario: a timeline of observations in, findings and messages out. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import type { Alert, Message } from '../../shared/alert/alert.ts';
import { decide } from '../../shared/alert/decide.ts';
import { type Assessment, catalogue, type FindingCode, findingKey } from '../../shared/finding.ts';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import { assess } from '../../shared/probe/assess.ts';
import type { ClusterFacts } from '../../shared/probe/head-facts.ts';
import type { ClusterObservation } from '../../shared/probe/observation.ts';
import { withReadiness } from '../../shared/work/readiness-findings.ts';
import { withRecover } from '../../shared/work/recover-findings.ts';
import { rotationCodes } from '../../shared/work/rotation-findings/judge.ts';
import { withRotations } from '../../shared/work/rotation-findings.ts';
import { file, fleetOf } from '../fleet/builders.ts';
import { type ClusterWords, cluster, observe, type StepWords } from './build.ts';
import { judgeSweeps, type SweepWords } from './fleet-itself.ts';
import { type ReadinessWords, readReadiness } from './readiness-rows.ts';
import { type RecoverWords, recoverRows } from './recover-rows.ts';
import { type RotationWords, readRotations } from './rotation-rows.ts';
import { recorded, type SampleWords, sample } from './samples.ts';

interface Head {
  name: string;
  title: string;
  /** Codes that are present at some step, and codes that come near and never are. */
  fires?: FindingCode[];
  nearMiss?: FindingCode[];
}

interface RowWords {
  recover?: RecoverWords;
  /** A text: why it cannot be read; `none`: there is no row. */
  readiness?: ReadinessWords | string;
  /** The open ones. A text: why they cannot be read. */
  rotations?: RotationWords[] | string;
}

interface ClusterScenario extends Head {
  cluster?: ClusterWords;
  /** `recover`, `readiness`, `rotations`: what other apps' tables say from then on; until it is said they are not asked. */
  steps: ((StepWords | SampleWords) & RowWords)[];
}

/** Of the fleet itself: its file, its sweeps, its channels. */
interface FleetScenario extends Head {
  sweeps: SweepWords[];
}

export type Scenario = ClusterScenario | FleetScenario;

export interface Outcome {
  at: string;
  findings: {
    key: string;
    severity: string;
    under?: string;
    summary: string;
    evidence: string[];
    advice?: string;
  }[];
  /** Codes and subjects that were not judged, and why. */
  unjudged: string[];
  /** Node states that are remembered, with their since-times. */
  states: Record<string, string>;
  /** What people are told, by the times that fleet.yaml gives when it says nothing. */
  message?: { headline: string; changes: string[] };
}

/** Every `<name>.yaml` beside this file. */
export function scenarios(): Scenario[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.yaml'));
  return files.sort().map((name) => {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    return { ...(parse(text) as Scenario), name: basename(name, '.yaml') };
  });
}

export function goldenPath(scenario: Scenario): string {
  return join(import.meta.dirname, `${scenario.name}.golden.json`);
}

export function play(scenario: Scenario): Outcome[] {
  const isStory =
    'steps' in scenario && scenario.steps.some(({ recover, rotations }) => recover ?? rotations);
  return told(scenario).map(({ assessment, facts, at, message }) => {
    return { ...outcome(assessment, facts, at), ...(message && { message: gist(message, isStory) }) };
  });
}

/** What people are told, as it is handed to the channels. */
export function messagesOf(scenario: Scenario): Message[] {
  return told(scenario).flatMap(({ message }) => message ?? []);
}

function told(scenario: Scenario): (Judged & { message?: Message })[] {
  const tell = telling('sweeps' in scenario ? 'fleet' : clusterOf(scenario).name);
  const judged = 'sweeps' in scenario ? judgeSweeps(scenario.sweeps) : judgeSteps(scenario);
  return judged.map((each) => {
    const message = tell(each.assessment, each.at);
    return { ...each, ...(message && { message }) };
  });
}

export interface Judged {
  assessment: Assessment;
  facts: ClusterFacts;
  /** ms. */
  at: number;
}

function judgeSteps(scenario: ClusterScenario): Judged[] {
  const of = clusterOf(scenario);
  let before: ClusterFacts | undefined;
  const words: RowWords = {};
  return scenario.steps.map((step) => {
    const observation = 'sample' in step ? sample(step) : observe(of, step);
    const at = observation.finishedAt;
    const { assessment, facts } = assess(of, observation, before, at);
    before = facts;
    if (step.recover) words.recover = step.recover;
    if (step.readiness !== undefined) words.readiness = step.readiness;
    if (step.rotations !== undefined) words.rotations = step.rotations;
    return { assessment: withRows(of, words, assessment, observation), facts, at };
  });
}

/** In the order in which a sweep asks. */
function withRows(
  of: Cluster,
  { recover, readiness, rotations }: RowWords,
  probed: Assessment,
  observation: ClusterObservation,
): Assessment {
  const at = observation.finishedAt;
  const rows = recoverRows(recover ?? {});
  const recovered = recover ? withRecover(of, rows, probed, at) : probed;
  const ready =
    readiness === undefined
      ? recovered
      : withReadiness(of, { ...rows, readiness: readReadiness(readiness) }, recovered, observation, at);
  if (rotations === undefined) return ready;
  return withRotations(of, readRotations(rotations), ready, toldBefore, at);
}

/** As if each were alerted of: then it is asked whether it is over. */
const toldBefore = rotationCodes.map((code) => ({ finding: { code } }));

function clusterOf({ cluster: words, steps }: ClusterScenario) {
  return steps.some((step) => 'sample' in step) ? recorded : cluster(words);
}

const { alerts: settings } = fleetOf(file());

/** The life of one cluster's alerts, told step by step. */
function telling(name: string): (assessment: Assessment, now: number) => Message | undefined {
  let alerts: Alert[] = [];
  return (assessment, now) => {
    const said = { labels: {}, quiets: [], watched: () => true, settings, messageId: 'a message' };
    const decided = decide({ cluster: name, alerts, assessment, now, ...said });
    alerts = decided.alerts;
    return decided.message;
  };
}

/** @param withNotes with what is said of each change besides. */
function gist({ headline, changes }: Message, withNotes: boolean): NonNullable<Outcome['message']> {
  return {
    headline,
    changes: changes.map(({ change, finding: { code, subject }, note }) => {
      const said = withNotes && note !== undefined ? `: ${note}` : '';
      return `${change} ${findingKey(code, subject)}${said}`;
    }),
  };
}

function outcome(assessment: Assessment, facts: ClusterFacts, at: number): Outcome {
  const found: Outcome = { at: new Date(at).toISOString(), findings: [], unjudged: [], states: {} };
  for (const { code, subject, verdict } of assessment.verdicts) {
    const key = findingKey(code, subject);
    if (verdict.state === 'unjudged') found.unjudged.push(`${key}: ${verdict.why}`);
    if (verdict.state !== 'present') continue;
    const { severity, under, summary, evidence, advice } = verdict.finding;
    const own = advice === catalogue[code].advice ? {} : { advice };
    found.findings.push({ key, severity, ...(under ? { under } : {}), summary, evidence, ...own });
  }
  for (const [code, fallback] of Object.entries(assessment.defaults)) {
    if (fallback.state === 'unjudged') found.unjudged.push(`${code}: ${fallback.why}`);
  }
  for (const [name, node] of Object.entries(facts.nodes)) {
    found.states[name] = `${node.state} since ${new Date(node.since).toISOString()}`;
  }
  return found;
}
