import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue, type FindingCode } from '../../shared/finding.ts';
import { goldenPath, type Outcome, play, scenarios } from '../scenarios/run.ts';

const all = scenarios();
const codes = Object.keys(catalogue) as FindingCode[];
/** UPDATE_GOLDEN=1 writes what is found now; format it with biome afterwards, and read the difference. */
const update = process.env.UPDATE_GOLDEN === '1' && !process.env.CI;

function present(outcomes: Outcome[]): Set<string> {
  return new Set(outcomes.flatMap(({ findings }) => findings.map(({ key }) => key.split(' ')[0] ?? '')));
}

describe.each(all)('$title', (scenario) => {
  const outcomes = play(scenario);
  const path = goldenPath(scenario);

  it(`gives the findings and messages of ${scenario.name}.golden.json`, () => {
    if (update) writeFileSync(path, `${JSON.stringify(outcomes, undefined, 2)}\n`);
    expect(existsSync(path), `${path} is missing: run with UPDATE_GOLDEN=1`).toBe(true);
    expect(outcomes).toEqual(JSON.parse(readFileSync(path, 'utf8')));
  });

  it('fires what it says, and misses what it says', () => {
    const found = present(outcomes);
    expect((scenario.fires ?? []).filter((code) => !found.has(code))).toEqual([]);
    expect((scenario.nearMiss ?? []).filter((code) => found.has(code))).toEqual([]);
  });

  it('tells every cause once: what is under a headline has that headline beside it, told on its own', () => {
    for (const { findings } of outcomes) {
      const told = new Set(findings.filter(({ under }) => !under).map(({ key }) => key.split(' ')[0]));
      for (const { under } of findings) if (under) expect(told).toContain(under);
    }
  });
});

describe('the scenarios', () => {
  it.each(codes)('have one in which %s fires', (code) => {
    expect(all.filter(({ fires }) => fires?.includes(code)).map(({ name }) => name)).not.toEqual([]);
  });

  it.each(codes)('have one in which %s comes near and does not fire', (code) => {
    expect(all.filter(({ nearMiss }) => nearMiss?.includes(code)).map(({ name }) => name)).not.toEqual([]);
  });

  it('have every recorded sample among them', () => {
    const samples = readdirSync(new URL('../scenarios/samples', import.meta.url));
    const used = JSON.stringify(all);
    expect(samples.filter((name) => !used.includes(`"${basename(name, '.json')}`))).toEqual([]);
  });
});
