/** Rule 1: no share, and no key of an envelope, is in anything that a person sees or that stays on the laptop. */
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { formsOf, MemoryCustodian } from '../../escrow/build.ts';
import { Laptop, strangersShare } from '../../work/break-glass/laptop.ts';

let laptop: Laptop;
afterEach(() => laptop.close());

async function everything(lines: string[]): Promise<string> {
  const names = await readdir(laptop.folder);
  const files = await Promise.all(names.map((name) => readFile(`${laptop.folder}/${name}`, 'latin1')));
  return [...lines, ...files].join('\n');
}

function secrets(): Buffer[] {
  const shares = laptop.simulation.keys.shares.map((share) => Buffer.from(share, 'base64'));
  return [...shares, ...shares.map((share) => share.subarray(0, 32))];
}

const stories: Record<string, () => Promise<string[]>> = {
  'a recovery': async () => (await laptop.recover()).lines,
  'a recovery from storage, and what it leaves there': async () => {
    const { lines } = await laptop.fromStorage();
    const { state } = laptop;
    return [...lines, JSON.stringify([state.everyRecovery(), state.audited, state.nudged])];
  },
  'a recovery that somebody spoils': async () => {
    laptop.before.set(2, () => {
      for (const node of laptop.names) laptop.stranger(node, { key: strangersShare() });
    });
    return (await laptop.recover()).lines;
  },
  'contributions, one of them wrong': async () => [
    ...(await laptop.recover(['--custodian', 'alpha'])).lines,
    ...(await laptop.recover(['--custodian', 'beta'])).lines,
  ],
  'a node that answers with what it got': async () => {
    const [share = ''] = laptop.simulation.keys.shares;
    const garbage = {
      status: 400,
      contentType: 'application/json',
      body: JSON.stringify({ errors: [share] }),
    };
    laptop.before.set(1, () =>
      laptop.simulation.apply({ kind: 'faults', node: 'payments-1', faults: { garbage } }),
    );
    return (await laptop.recover()).lines;
  },
};

describe('no share leaves', () => {
  it.each(Object.keys(stories))('%s', async (name) => {
    laptop = await Laptop.open();
    await laptop.restart();
    const left = await everything((await stories[name]?.()) ?? []);
    expect(laptop.sent.length).toBeGreaterThan(0);
    for (const secret of secrets()) {
      for (const form of formsOf(secret)) expect(left.includes(form)).toBe(false);
    }
  });

  it('and the scan would find one', async () => {
    laptop = await Laptop.open();
    const [first = Buffer.alloc(0)] = secrets();
    for (const form of formsOf(first))
      expect((await everything([`a line with ${form}`])).includes(form)).toBe(true);
  });

  it('and keys of envelopes are zeroed once they were used', async () => {
    laptop = await Laptop.open();
    await laptop.restart();
    await laptop.recover();
    const given = [...laptop.custodians.values()].flatMap((one) =>
      one instanceof MemoryCustodian ? one.given : [],
    );
    expect(given.length).toBe(3);
    for (const key of given) expect(key.every((byte) => byte === 0)).toBe(true);
  });
});
