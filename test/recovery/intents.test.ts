import { describe, expect, it } from 'vitest';
import { forgetSets } from '../../shared/recovery/intents.ts';
import * as b from './build.ts';

const sets = { 'vault-1': 3, 'vault-2': 2 };
const row = (sentAt: number) => ({ sets, intents: [...b.intents(1, 3, sentAt), ...b.intents(2, 3, sentAt)] });

describe('sets of shares that count no more', () => {
  it.each(['active', 'leaderless'] as const)('are those of a node that is %s', (word) => {
    expect(forgetSets(row(b.now), [b.sight(1, word), b.restarted(2)], [])).toEqual({ 'vault-2': 2 });
  });

  it('are those of a node that was noted unsealed after the last of them', () => {
    const [first] = b.notes();
    const nodes = [b.restarted(1), b.restarted(2)];
    expect(forgetSets(row(b.now - 6 * b.minute), nodes, first ? [first] : [])).toEqual({ 'vault-2': 2 });
    expect(forgetSets(row(b.now - 4 * b.minute), nodes, b.notes())).toEqual(sets);
  });

  it('are none of a node that never came back', () => {
    expect(forgetSets(row(b.now), [b.sight(1, 'away'), b.sight(2, 'joiner')], [])).toEqual(sets);
    expect(forgetSets({ sets, intents: [] }, [], b.notes())).toEqual(sets);
    expect(forgetSets({ intents: [] }, [], [])).toEqual({});
  });
});
