import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
    ['no envelopes, and no storage', without('--envelopes'), 'leave --without-state out'],
    ['a look that takes over', ['--cluster', 'payments', '--dry-run', '--take-over'], 'which ends nothing'],
    ['a file that takes over', [...all, '--take-over'], 'no meaning with --envelopes'],
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

  it('says what is right where a file is named and storage answers, and where it does not; nothing is sent', async () => {
    const args = all.filter((one) => one !== '--without-state');
    const answers = {
      storage: { state: laptop.state, facts: async () => undefined, time: async () => undefined },
    };
    const up = await laptop.run(args, answers);
    expect(up.code).toBe(1);
    expect(up.text).toContain('Storage answers, and has the envelopes: leave --envelopes out');
    const down = await laptop.run(args);
    expect(down.code).toBe(1);
    expect(down.text).toContain('no storage is set here (SEALWATCH_STORAGE). To go on without it');
    for (const { text } of [up, down]) expect(text).toContain('add --without-state');
    expect(laptop.sent).toEqual([]);
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
