import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StorageWord } from '../../../shared/compose/break-glass.ts';
import { Laptop } from '../../work/break-glass/laptop.ts';

let laptop: Laptop;
beforeEach(async () => {
  laptop = await Laptop.open({ nodes: 1 });
  await laptop.restart();
});
afterEach(() => laptop.close());

const all = ['--cluster', 'payments', '--envelopes', 'e.json', '--without-state', '--reason', 'night'];
const without = (name: string) => all.filter((word, at) => word !== name && all[at - 1] !== name);

describe('sealwatch recover', () => {
  it.each<[string, string[], string]>([
    ['an unknown option', [...all, '--force'], 'does not know'],
    ['an option without its value', [...all, '--custodian'], 'lacks its value'],
    ['a stray word', [...all, 'now'], 'belongs to no option'],
    ['no cluster', without('--cluster'), '--cluster C'],
    ['a cluster that is no name', ['--cluster', '../x', '--reason', 'night'], '--cluster C'],
    ['no envelopes', without('--envelopes'), '--envelopes FILE'],
    ['no reason', without('--reason'), '--reason R'],
    ['a nonce without a progress', [...all, '--custodian', 'a', '--nonce', 'ae36f811'], 'belong together'],
    [
      'a nonce without a custodian',
      [...all, '--nonce', 'ae36f811', '--progress', '1'],
      'belong to --custodian',
    ],
    [
      'a short nonce',
      [...all, '--custodian', 'a', '--nonce', 'ae3', '--progress', '1'],
      'first 8 characters',
    ],
    ['a progress of 0', [...all, '--custodian', 'a', '--nonce', 'ae36f811', '--progress', '0'], 'from 1'],
    ['odd indexes', [...all, '--custodian', 'a', '--given', '1,x'], 'indexes of shares'],
    ['lost nodes of a contribution', [...all, '--custodian', 'a', '--lost', 'b'], 'no meaning'],
  ])('does not understand %s: exit code 2', async (_what, args, said) => {
    const { code, text } = await laptop.run(args);
    expect(code).toBe(2);
    expect(text).toContain(said);
    expect(text).toContain('usage: sealwatch recover');
  });

  it.each<[string, (share: string) => string[]]>([
    ['a reason', (share) => [...without('--reason'), '--reason', `key ${share}`]],
    ['a stray word', (share) => [...all, share]],
    ['an option', (share) => [...all, `--${share}`]],
    ['a nonce', (share) => [...all, '--custodian', 'a', '--progress', '1', '--nonce', share]],
    ['a cluster', (share) => [...without('--cluster'), '--cluster', share]],
  ])('takes no share as %s, and does not repeat it', async (_where, args) => {
    const [share = ''] = laptop.simulation.keys.shares;
    const { code, text } = await laptop.run(args(share));
    expect(code).toBe(2);
    expect(text).not.toContain(share);
  });

  it('does not repeat a share that was given as a lost node', async () => {
    const [share = ''] = laptop.simulation.keys.shares;
    const { code, text } = await laptop.recover(['--lost', share]);
    expect(code).toBe(1);
    expect(text).not.toContain(share);
  });

  it('explains itself', async () => {
    const { code, text } = await laptop.run(['--help']);
    expect(code).toBe(0);
    expect(text).toContain('SEALWATCH_ESCROW_VAULTS');
  });

  it.each<[StorageWord, string]>([
    [{ state: 'reachable' }, 'sealwatch request --cluster payments'],
    [{ state: 'reachable', open: 'payments.abc' }, 'recovery payments.abc of this cluster is open'],
    [{ state: 'unreachable', why: 'denied' }, 'Storage does not answer (denied)'],
    [{ state: 'not-set' }, 'sealwatch request --cluster payments'],
  ])('without --without-state says what the normal way is, and sends nothing (%j)', async (word, said) => {
    const args = without('--envelopes').filter((one) => one !== '--without-state');
    const { code, text } = await laptop.run(args, { storage: async () => word });
    expect(code).toBe(1);
    expect(text).toContain(said);
    expect(text).toContain('Break-glass cannot be fenced');
    expect(text).toContain('--without-state');
    expect(laptop.sent).toEqual([]);
  });

  it('finds by itself that no storage is set', async () => {
    const { text } = await laptop.run(all.filter((one) => one !== '--without-state'));
    expect(text).toContain('No storage is set here (SEALWATCH_STORAGE)');
  });

  it('does not ask with --yes, and sends nothing where another name is typed', async () => {
    expect((await laptop.recover([], { answer: 'orders' })).code).toBe(1);
    expect(laptop.sent).toEqual([]);
    const { code, text } = await laptop.recover(['--yes']);
    expect(code).toBe(0);
    expect(text).not.toContain('Type the name');
  });

  it('names nodes that the cluster does not have', async () => {
    const { code, text } = await laptop.recover(['--lost', 'vault-9']);
    expect(code).toBe(1);
    expect(text).toContain('payments has no node vault-9; it has payments-1');
  });

  it('names every setting that is wrong', async () => {
    laptop.env = { ...laptop.env, SEALWATCH_ESCROW_VAULTS: 'kv', SEALWATCH_FILE_ROOT: '/' };
    const { code, text } = await laptop.recover();
    expect(code).toBe(1);
    expect(text).toContain('SEALWATCH_ESCROW_VAULTS: entry 1');
    expect(text).toContain('SEALWATCH_FILE_ROOT');
  });
});
