/** `--take-over` ends what somebody else works on: only for whoever can go on in its place. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { errorOf, MemoryCustodian } from '../../escrow/build.ts';
import { Laptop } from '../../work/break-glass/laptop.ts';
import { asked } from '../../work/break-glass/stored.ts';

let laptop: Laptop;
beforeEach(async () => {
  laptop = await Laptop.open();
  await laptop.restart();
  await requestRecovery(laptop.app(), 'payments', asked);
});
afterEach(() => laptop.close());

const rows = () => laptop.state.everyRecovery();

function refuse(...names: string[]) {
  for (const name of names) {
    const custodian = laptop.custodians.get(name);
    if (!(custodian instanceof MemoryCustodian)) throw new Error('not in memory');
    custodian.failing = (call) =>
      call === 'unwrap' ? errorOf('denied', { message: `custodian ${name} refuses access` }) : undefined;
  }
}

describe('--take-over', () => {
  it.each<[string, string[], string[]]>([
    ['for whoever may unwrap too few shares', [], ['alpha', 'beta']],
    ['for a contribution of a custodian that does not open', ['--custodian', 'alpha'], ['alpha']],
  ])('%s ends nothing, and says who refused', async (_what, extra, refusing) => {
    refuse(...refusing);
    const { code, text } = await laptop.fromStorage(['--take-over', ...extra]);
    expect(code).toBe(1);
    expect(text).toContain('nothing was taken over or sent');
    for (const name of refusing) expect(text).toContain(`custodian ${name} refuses access`);
    expect(rows()).toMatchObject([{ way: 'manual', status: 'open' }]);
    expect(laptop.sent).toEqual([]);
  });

  it.each([
    ['a custodian that the envelopes do not know', () => 'alhpa'],
    ['a share in place of a custodian', () => laptop.simulation.keys.shares[0] ?? ''],
  ])('with %s ends nothing, and the word is nowhere', async (_what, word) => {
    const { code, text } = await laptop.fromStorage(['--take-over', '--custodian', word()]);
    expect(code).toBe(1);
    expect(rows()).toMatchObject([{ way: 'manual', status: 'open' }]);
    const left = JSON.stringify([text, rows(), laptop.state.audited, await laptop.journals()]);
    expect(left).not.toContain(word());
  });

  it('asks no more keys than a threshold takes, and each is on record before the end of the other', async () => {
    refuse('alpha');
    const { code } = await laptop.fromStorage(['--take-over']);
    expect(code).toBe(0);
    const keys = laptop.state.audited.filter(({ facts }) => facts['for'] === 'take-over');
    expect(keys.map(({ facts }) => facts['custodian'])).toEqual(['alpha', 'beta', 'gamma']);
    const order = laptop.state.audited.map(
      ({ what, facts }) => `${what} ${facts['for'] ?? facts['outcome'] ?? ''}`,
    );
    expect(order.lastIndexOf('key-opened take-over')).toBeLessThan(order.indexOf('ended taken-over'));
    for (const custodian of laptop.custodians.values()) {
      const given = custodian instanceof MemoryCustodian ? custodian.given : [];
      for (const key of given) expect(key.every((byte) => byte === 0)).toBe(true);
    }
  });
});
