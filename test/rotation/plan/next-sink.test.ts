/** One sink that fails keeps nothing from the others. */
import { expect, it } from 'vitest';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { anOpen, away, holding, hour, minute, noon, planOf, policed } from './inputs.ts';

const made = (over: Partial<Rotation>) =>
  anOpen('transit-token', {
    stage: 'created',
    creating: { at: noon - minute },
    fresh: { ref: '2', madeAt: noon - minute, fingerprint: 'f'.repeat(32) },
    reached: { due: noon - hour, created: noon - minute },
    ...over,
  });

it('a sink that fails, or cannot be read, lets the others go first', () => {
  const failing = { what: 'deliver', code: 'denied' as const, message: '', since: noon, times: 1 };
  const sink = (sinks: Rotation['sinks'], over: Partial<RotationInput> = {}, fails = true) =>
    planOf('transit-token', {
      rotation: made({ triedAt: noon, sinks, ...(fails && { failing }) }),
      freshAtHand: true,
      ...over,
    });
  expect(sink({ first: { startedAt: noon } })).toMatchObject({ do: 'deliver', sink: 'second' });
  const both = { first: { startedAt: noon - 2 }, second: { startedAt: noon - 1 } };
  expect(sink(both)).toMatchObject({ sink: 'hook' });
  expect(sink({ ...both, hook: { startedAt: noon } })).toMatchObject({ sink: 'first' });
  expect(sink({}, { held: { first: away } }, false)).toMatchObject({ sink: 'second' });
  // Refused before it was tried: it holds another's.
  expect(sink({}, holding({ first: 'other', second: 'old' }))).toMatchObject({ sink: 'second' });
  const asked = policed('payments', {
    sinks: [
      { name: 'vault', kind: 'keyVaultSecret', vault: 'sinks', secret: 'token', withinMs: 0 },
      { name: 'hook', kind: 'webhook', url: 'https://deploy.example.com', signingKeys: [], withinMs: 0 },
    ],
  });
  expect(sink({ vault: { startedAt: noon } }, { fleet: asked })).toMatchObject({ sink: 'vault' });
});
