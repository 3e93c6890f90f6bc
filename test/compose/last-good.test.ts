import { beforeEach, describe, expect, it } from 'vitest';
import { keepLastGood, olderOrKept } from '../../shared/compose/last-good.ts';
import { createFleetSource } from '../../shared/fleet/source.ts';
import { createLog } from '../../shared/log/log.ts';
import { file, limits } from '../fleet/builders.ts';

const good = file(['labels: {team: a}']);
const better = file(['labels: {team: b}']);
const bad = file(['lables: {team: c}']);

let stored: string | undefined;
let saved: string[];
let broken: boolean;
let logged: string[];
beforeEach(() => {
  stored = undefined;
  saved = [];
  broken = false;
  logged = [];
});

const lastGood = {
  async read() {
    if (broken) throw new Error('container observations: no connection');
    return stored;
  },
  async save(text: string) {
    if (broken) throw new Error('container observations: no connection');
    stored = text;
    saved.push(text);
  },
};

/** Sealwatch as started anew; each load finds the next text. */
function start() {
  const current = { text: good };
  const log = createLog({ write: (line) => logged.push(line), clock: { now: () => 0 } });
  const source = createFleetSource({
    read: async () => ({ text: current.text, tag: current.text }),
    limits: limits(),
    ...keepLastGood(lastGood, log),
  });
  return async (text: string) => {
    current.text = text;
    const { fleet, problems } = await source.load();
    await new Promise((resolve) => setImmediate(resolve));
    return [fleet.clusters[0]?.labels['team'], problems.length];
  };
}

describe('the last good fleet.yaml', () => {
  it('is stored once for each change, and never a bad one', async () => {
    const load = start();
    for (const text of [good, good, bad, good, better, better]) await load(text);
    expect(saved).toEqual([good, better]);
  });

  it('that is stored already is not written by a process that starts', async () => {
    stored = good;
    await start()(good);
    expect(saved).toEqual([]);
    await start()(better);
    expect(saved).toEqual([better]);
  });

  it('is in force for a process that starts beside a bad file, until that is mended', async () => {
    stored = good;
    const load = start();
    expect(await load(bad)).toEqual(['a', 1]);
    expect(await load(better)).toEqual(['b', 0]);
  });

  it('fails no load of a good file when it cannot be stored, and is stored once it can', async () => {
    broken = true;
    const load = start();
    expect(await load(good)).toEqual(['a', 0]);
    expect(logged.join()).toContain('last-good-fleet-not-kept');
    broken = false;
    expect(await load(good)).toEqual(['a', 0]);
    expect(saved).toEqual([good]);
  });

  it('that cannot be read leaves the bad file to be told', async () => {
    broken = true;
    await expect(start()(bad)).rejects.toThrow(/lables/);
    expect(logged.join()).toContain('last-good-fleet-not-read');
  });
});

describe('what a process that starts beside a bad file goes by', () => {
  async function* of(...texts: string[]) {
    for (const text of texts) yield { text };
  }
  const texts = async (older: (() => ReturnType<typeof of>) | undefined) => {
    const found: string[] = [];
    for await (const { text } of olderOrKept(older, () => of('kept'))()) found.push(text);
    return found;
  };

  it('is first what no app wrote, then what watch kept', async () => {
    expect(await texts(() => of('newer', 'older'))).toEqual(['newer', 'older', 'kept']);
    expect(await texts(undefined)).toEqual(['kept']);
  });
});
