/** A new leader wraps anew only what it can still open: a version that was shut too early is no move to the new one. */
import { describe, expect, it } from 'vitest';
import type { Look, Rotation } from '../../../shared/rotation/rotation.ts';
import { day, hour, inUse, minute, noon, planOf, seen, sight, versioned, works } from './inputs.ts';

const made = noon - hour;
/** Versions 1 and 2, the second made an hour ago. */
const look = (firstEnabled: boolean, minimum = 1): Look => ({
  ...works({ ref: '2' }),
  minimum,
  versions: [
    { version: '1', madeAt: noon - 30 * day, enabled: firstEnabled },
    { version: '2', madeAt: made, enabled: true },
  ],
});
const rotation = versioned('keyvault-key', { cluster: 'cards', consumers: ['cards'] });
const before = sight('cards', noon - day);
const after = sight('cards', noon - 10 * minute);
const plan = (firstEnabled: boolean, consumer = before, shut?: Rotation['shut']) =>
  planOf('keyvault-key', {
    rotation: { ...rotation, ...(shut && { shut }) },
    consumers: [consumer],
    ...seen(look(firstEnabled)),
  });
const shutFrom = { cards: { since: noon - day } };

describe('what a consumer is wrapped with', () => {
  it('is noted where it was disabled before its leader changed', () => {
    expect(plan(false)).toMatchObject({ do: 'note-shut', shut: shutFrom });
    expect(plan(true)).toMatchObject({ do: 'wait' });
  });

  it('is noted where it is below the minimum: such a version is not listed any more', () => {
    const transit = versioned('transit-key');
    const consumers = [sight('payments', noon - 10 * day)];
    const shut = { payments: { since: noon - 10 * day } };
    const newest = { ...look(true, 2), versions: [{ version: '2', madeAt: made, enabled: true }] };
    expect(planOf('transit-key', { rotation: transit, consumers, ...seen(newest) })).toMatchObject({
      do: 'note-shut',
      shut,
    });
  });

  it('a leader that came meanwhile has wrapped nothing anew, and is not told to step down', () => {
    expect(plan(false, after, shutFrom)).toMatchObject({
      do: 'wait',
      what: expect.stringContaining('the version that cards is wrapped with to be opened again') as string,
    });
  });

  it('once it is open again only a leader of later than that counts', () => {
    expect(plan(true, after, shutFrom)).toMatchObject({
      do: 'note-shut',
      shut: { cards: { since: noon - day, openedAt: noon } },
    });
    const opened = { cards: { since: noon - day, openedAt: noon - 30 * minute } };
    const of = { ...rotation, shut: opened };
    expect(inUse(of, [sight('cards', noon - 40 * minute)])).toMatchObject({ yes: false, older: ['cards'] });
    expect(inUse(of, [after])).toEqual({ yes: true });
  });

  it('shut again, it is waited for again', () => {
    const opened = { cards: { since: noon - day, openedAt: noon - 30 * minute } };
    expect(plan(false, after, opened)).toMatchObject({ do: 'note-shut', shut: shutFrom });
  });

  it('of whoever moved on before is nobody’s need any more', () => {
    expect(plan(false, after)).toMatchObject({ do: 'in-use' });
  });
});
