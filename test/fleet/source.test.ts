import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../shared/finding.ts';
import { judgeConfig } from '../../shared/fleet/invalid.ts';
import { createFleetSource, FleetInvalid } from '../../shared/fleet/source.ts';
import { FleetUnreadable } from '../../shared/fleet/text.ts';
import { file, limits, problemsOf } from './builders.ts';

const good = file(['labels: {team: a}']);
const better = file(['labels: {team: b}']);
const bad = file(['lables: {team: c}']);

/** A file that changes under its reader. */
function storage(text: string) {
  const current = { text, tag: '1', error: undefined as Error | undefined };
  const source = createFleetSource({
    limits: limits(),
    read: () =>
      current.error
        ? Promise.reject(current.error)
        : Promise.resolve({ text: current.text, tag: current.tag }),
  });
  const write = (next: string) => Object.assign(current, { text: next, tag: `${current.tag}+` });
  const team = async () => {
    const { fleet, problems } = await source.load();
    return { team: fleet.clusters[0]?.labels['team'], problems: problems.map(({ message }) => message) };
  };
  return { current, write, team, source };
}

describe('the fleet', () => {
  it('follows the file', async () => {
    const { write, team } = storage(good);
    expect(await team()).toEqual({ team: 'a', problems: [] });
    write(better);
    expect(await team()).toEqual({ team: 'b', problems: [] });
  });

  it('is not read anew while the tag stays', async () => {
    const { source } = storage(good);
    expect((await source.load()).fleet).toBe((await source.load()).fleet);
  });

  it('stays the last good one while a newer file is bad, which is told in every load', async () => {
    const { write, team } = storage(good);
    await team();
    write(bad);
    expect(await team()).toEqual({ team: 'a', problems: ['unknown key'] });
    expect(await team()).toEqual({ team: 'a', problems: ['unknown key'] });
    write(better);
    expect(await team()).toEqual({ team: 'b', problems: [] });
  });

  it('stays while the file cannot be read, and the reason shows nothing but a code', async () => {
    const { current, team } = storage(good);
    await team();
    current.error = Object.assign(new Error('https://store/fleet?sig=secret'), { code: 'ENOENT' });
    expect(await team()).toEqual({ team: 'a', problems: ['cannot be read (ENOENT)'] });
    current.error = undefined;
    expect(await team()).toEqual({ team: 'a', problems: [] });
  });

  it('stays, and the fix is told, while the file cannot be had for a reason that is known', async () => {
    const { current, team } = storage(good);
    await team();
    current.error = new FleetUnreadable('missing', 'put it there');
    expect(await team()).toEqual({ team: 'a', problems: ['cannot be read (missing): put it there'] });
  });

  it('is loaded once for all who ask at the same time', async () => {
    let reads = 0;
    const source = createFleetSource({
      limits: limits(),
      read: async () => ({ text: good, tag: String(++reads) }),
    });
    const [one, two] = await Promise.all([source.load(), source.load()]);
    expect(two).toBe(one);
    await source.load();
    expect(reads).toBe(2);
  });

  it('cannot be had from a first file that is bad: the error lists its problems', async () => {
    const { source, write, team } = storage(bad);
    const error = await source.load().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FleetInvalid);
    expect(error).toMatchObject({
      code: 'fleet-invalid',
      message:
        'fleet.yaml has a problem:\n  line 5, column 5: clusters.payments.lables: unknown key; did you mean labels?',
    });
    write(good);
    expect(await team()).toEqual({ team: 'a', problems: [] });
  });

  it('cannot be had from a first file that is not there', async () => {
    const { source, current } = storage(good);
    current.error = Object.assign(new Error('x'), { code: 'ENOENT' });
    await expect(source.load()).rejects.toMatchObject({
      code: 'fleet-unreadable',
      message: 'fleet.yaml has a problem:\n  cannot be read (ENOENT)',
    });
  });
});

describe('a new instance that finds a bad file', () => {
  async function* versions(...texts: string[]) {
    for (const text of texts) yield { text, tag: text };
  }
  async function* broken() {
    yield { text: bad, tag: 'x' };
    throw new Error('no versions here');
  }
  const source = (previous: () => AsyncIterable<{ text: string; tag: string }>) =>
    createFleetSource({ limits: limits(), read: () => Promise.resolve({ text: bad, tag: '1' }), previous });

  it('takes the newest older version that is good', async () => {
    const { fleet, problems } = await source(() => versions(bad, better, good)).load();
    expect(fleet.clusters[0]?.labels).toEqual({ team: 'b' });
    expect(problems).toEqual(problemsOf(bad));
  });

  it('has none when no older version is good, or they cannot be listed', async () => {
    await expect(source(() => versions(bad)).load()).rejects.toBeInstanceOf(FleetInvalid);
    await expect(source(broken).load()).rejects.toMatchObject({ code: 'fleet-invalid' });
  });
});

describe('fleet-config-invalid', () => {
  const verdict = (problems: Parameters<typeof judgeConfig>[0]) =>
    verdictOf(judgeConfig(problems), 'fleet-config-invalid', { kind: 'fleet' });

  it('is absent while the newest file is in force', () => {
    expect(verdict([])).toEqual({ state: 'absent' });
  });

  it('is unjudged when the file was not looked at', () => {
    expect(verdict(undefined)).toEqual({ state: 'unjudged', why: 'fleet.yaml was not read' });
  });

  it('names the lines of a bad one', () => {
    expect(verdict(problemsOf(bad))).toMatchObject({
      state: 'present',
      finding: {
        severity: 'warning',
        summary:
          'fleet.yaml has a problem (line 5, clusters.payments.lables); the last good one stays in force',
        evidence: ['line 5, column 5: clusters.payments.lables: unknown key; did you mean labels?'],
      },
    });
  });

  it('names ten and counts the others', () => {
    const problems = problemsOf(file(Array.from({ length: 12 }, (_, n) => `unknown-${n}: 1`)));
    const judged = verdict(problems);
    const evidence = judged.state === 'present' ? judged.finding.evidence : [];
    expect(evidence).toHaveLength(11);
    expect(evidence.at(-1)).toBe('and 2 more');
    expect(judged).toMatchObject({
      finding: {
        summary:
          'fleet.yaml has 12 problems, the first at line 5, clusters.payments.unknown-0; the last good one stays in force',
      },
    });
  });

  it('tells one bad file from another, and both from one that cannot be read', () => {
    const unread = [{ line: 0, column: 0, path: '', message: 'cannot be read (ENOENT)' }];
    const broken = problemsOf('version: 1\nclusters: {');
    const other = problemsOf(file(['labels: {}', 'notfy: [ops]']));
    const summaries = [problemsOf(bad), other, broken, unread].map((problems) => {
      const judged = verdict(problems);
      return judged.state === 'present' ? judged.finding.summary : judged.state;
    });
    expect(new Set(summaries).size).toBe(4);
    expect(summaries.at(-1)).toBe('fleet.yaml cannot be read; the last good one stays in force');
  });

  it('keeps its summary short and without what the file holds', () => {
    const judged = verdict(
      problemsOf(file([`labels: {"${'x'.repeat(300)}": 1}`, 'unknownSealCause: never-to-be-seen'])),
    );
    const summary = judged.state === 'present' ? judged.finding.summary : '';
    expect(summary.length).toBeLessThan(200);
    expect(summary).not.toContain('never-to-be-seen');
  });
});
