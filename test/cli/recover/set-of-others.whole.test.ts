/** What a file of this machine says was never sent, and what somebody else did meanwhile: it must not stand in the way. */
import { afterEach, expect, it } from 'vitest';
import { StateError } from '../../../shared/state/errors.ts';
import { Laptop } from '../../work/break-glass/laptop.ts';
import { storageWith } from '../../work/break-glass/stored.ts';

let laptop: Laptop;
afterEach(() => laptop.close());

const one = [
  { name: 'alpha', shares: [1] },
  { name: 'beta', shares: [2] },
  { name: 'gamma', shares: [3] },
];
const many = [
  { name: 'alpha', shares: [1, 2] },
  { name: 'beta', shares: [2, 3] },
  { name: 'gamma', shares: [1, 3] },
];
const share = (index: number): string => {
  const found = laptop.simulation.keys.shares[index - 1];
  if (found === undefined) throw new Error(`no share ${index}`);
  return found;
};
/** "join with --nonce N --progress P", as it is said for each node. */
function hinted(text: string): string[] {
  const hints = [...text.matchAll(/join with (--nonce \S+) (--progress \d+)\./g)];
  return [...hints.flatMap(([, nonce = '']) => nonce.split(' ')), ...(hints[0]?.[2] ?? '').split(' ')];
}

it('a share that was never sent, storage being away, keeps nobody from joining the set that another person began', async () => {
  laptop = await Laptop.open({ holdings: one, shares: 3, threshold: 2 });
  await laptop.restart();
  const away = storageWith(laptop.state, ({ intents }) => {
    if (intents.length > 0) throw new StateError('unavailable', 'table recoveries: no answer');
  });
  expect((await laptop.fromStorage(['--custodian', 'alpha'], { storage: away })).code).toBe(1);
  expect(laptop.sent).toEqual([]);
  await laptop.wait(70_000);
  for (const node of laptop.names) {
    laptop.stranger(node, { reset: true });
    laptop.stranger(node, { key: share(2) });
  }
  const look = await laptop.recover(['--custodian', 'alpha']);
  expect(look.text).not.toContain('this machine sent');
  await laptop.wait(1000);
  const joined = await laptop.recover(['--custodian', 'alpha', ...hinted(look.text), '--given', '2']);
  expect(joined.text).toMatch(/Done: 3 of 3 nodes serving/);
});

it('a whole set that somebody else completed meanwhile proves nothing of these shares', async () => {
  laptop = await Laptop.open({ holdings: many, shares: 3, threshold: 2 });
  await laptop.restart();
  let writes = 0;
  const between = storageWith(laptop.state, ({ intents }) => {
    if (intents.length === 0) return;
    writes += 1;
    if (writes !== 2) return;
    for (const node of laptop.names) {
      laptop.stranger(node, { reset: true });
      laptop.stranger(node, { key: share(2) });
      laptop.stranger(node, { key: share(3) });
    }
  });
  await laptop.fromStorage(['--custodian', 'alpha'], { storage: between });
  expect((await laptop.state.generations.newest('payments'))?.value.provenAt).toBeUndefined();
});
