/** fleet.yaml that names another provider, application or key while a rotation is open: nothing is judged or ended there. */
import { describe, expect, it } from 'vitest';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { allFresh, anOpen, day, dead, delivered, holding, noon, planOf, seen, versioned } from './inputs.ts';

const then = { credential: 'token at root' };
const now = { credential: 'token at root2' };
const what =
  'fleet.yaml names another credential than this rotation is of (token at root; now token at root2): put it back, or';
const proven = { inUseAt: noon - day };
const allOld = holding({ first: 'old', second: 'old' });

describe('another credential', () => {
  it.each<[string, Rotation, Partial<RotationInput>]>([
    [
      'what is dead there is not turned back',
      delivered('transit-token', then),
      { ...allFresh, ...seen(dead()) },
    ],
    ['the old one does not end', delivered('transit-token', { ...then, ...proven }), allFresh],
    ['the new one does not end', delivered('transit-token', { ...then, direction: 'back' }), allOld],
    [
      'no sink is given anything',
      delivered('transit-token', { ...then, stage: 'created' }),
      { freshAtHand: true },
    ],
    ['what a dead turn left is not ended', anOpen('transit-token', { ...then, creating: { at: noon } }), {}],
    ['no version is followed', versioned('transit-key', then), {}],
  ])('is waited for, by name: %s', (_name, rotation, over) => {
    expect(planOf(rotation.kind, { rotation, ...over, ...now })).toMatchObject({
      do: 'wait',
      what: `${what} forget this rotation, which leaves both as they are`,
    });
    const same = planOf(rotation.kind, { rotation, ...over, ...then });
    expect('what' in same ? same.what : '').not.toContain('names another credential');
  });

  it('is no reason to wait with a rollback where nothing was made', () => {
    const open = anOpen('transit-token', then);
    expect(planOf('transit-token', { rotation: open, ...now })).toMatchObject({
      do: 'wait',
      what: `${what} roll back`,
    });
    const rotation = { ...open, direction: 'back' as const };
    expect(planOf('transit-token', { rotation, ...now })).toMatchObject({
      do: 'finish',
      outcome: 'rolled-back',
    });
  });
});
