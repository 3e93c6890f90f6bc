/** Plays a scenario: a timeline of observations in, findings out. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { catalogue, type FindingCode, findingKey } from '../../shared/finding.ts';
import { assess } from '../../shared/probe/assess.ts';
import type { ClusterFacts } from '../../shared/probe/head-facts.ts';
import { type ClusterWords, cluster, observe, type StepWords } from './build.ts';
import { recorded, sample } from './samples.ts';

interface SampleStep {
  sample: string;
  overlay?: { sample: string; entry: string; node: string };
}

export interface Scenario {
  name: string;
  title: string;
  cluster?: ClusterWords;
  /** Codes that are present at some step, and codes that come near and never are. */
  fires?: FindingCode[];
  nearMiss?: FindingCode[];
  steps: (StepWords | SampleStep)[];
}

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
}

/** Every `<name>.yaml` beside this file. */
export function scenarios(): Scenario[] {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.yaml'));
  return files.sort().map((file) => {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8');
    return { name: basename(file, '.yaml'), ...(parse(text) as Omit<Scenario, 'name'>) };
  });
}

export function goldenPath(scenario: Scenario): string {
  return join(import.meta.dirname, `${scenario.name}.golden.json`);
}

export function play(scenario: Scenario): Outcome[] {
  let facts: ClusterFacts | undefined;
  const made = cluster(scenario.cluster);
  return scenario.steps.map((step) => {
    const of = 'sample' in step ? recorded : made;
    const observation = 'sample' in step ? sample(step.sample, step.overlay) : observe(of, step);
    const result = assess(of, observation, facts, observation.finishedAt);
    facts = result.facts;
    return outcome(result.assessment, facts, observation.finishedAt);
  });
}

function outcome(
  assessment: ReturnType<typeof assess>['assessment'],
  facts: ClusterFacts,
  at: number,
): Outcome {
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
