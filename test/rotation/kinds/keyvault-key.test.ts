/** What the kind makes of answers that a fake of Key Vault does not give. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import type {
  AzureExercise,
  AzureFailure,
  KeyVersion,
} from '../../../shared/readiness/exercise/azure-exercise.ts';
import { type KeyVaultKeyPorts, keyvaultKey } from '../../../shared/rotation/kinds/keyvault-key.ts';
import type { RotationFailure } from '../../../shared/rotation/rotation.ts';
import { must } from '../../contract/rotation-kind.ts';

const now = Date.UTC(2026, 10, 22, 2, 0, 0);
const hour = 3_600_000;
const version = (name: string, createdAt?: number): KeyVersion => ({
  version: name,
  enabled: true,
  ...(createdAt !== undefined && { createdAt }),
});
const [one, two] = [version('one', now - hour), version('two', now)];

function exerciseOf(works: AzureExercise['works']): AzureExercise {
  const unseen = { ok: false, code: 'odd', detail: '' } as const;
  const about = { vault: 'https://kv.vault.azure.net', key: 'unseal', indirect: false };
  return { ...about, works, newest: unseen, versions: unseen, life: unseen };
}

function kindOf(versions: KeyVersion[], over: Partial<KeyVaultKeyPorts> = {}) {
  const newest = versions.at(-1);
  return keyvaultKey({
    by: 'sealwatch',
    vault: 'https://kv.vault.azure.net',
    key: 'unseal',
    indirect: false,
    newest: async () =>
      newest ? { ok: true, value: newest } : { ok: false, code: 'key-missing', detail: 'no key' },
    versions: async () => ({ ok: true, value: versions }),
    rotate: async () => ({ ok: true, value: version('made') }),
    exercise: async () => ({ ok: true, value: exerciseOf({ ok: true, value: { version: 'two' } }) }),
    clock: { ...systemClock, now: () => now },
    ...over,
  });
}

describe('a key in Key Vault', () => {
  it('that still answers with an older version is waited for', async () => {
    const exercise = async () => ({
      ok: true as const,
      value: exerciseOf({ ok: true, value: { version: 'one' } }),
    });
    const told = await kindOf([one, two], { exercise }).exercise({ ref: 'two' }, undefined);
    expect(told).toMatchObject({ code: 'not-yet', detail: expect.stringContaining('version one') });
  });

  it('made a version at the latest when it was asked, where it does not say when', async () => {
    const { fresh } = must(await kindOf([one]).create('payments.one'));
    expect(fresh).toEqual({ ref: 'made', madeAt: now });
  });

  it('whose newest version is not in its list yet has that version all the same', async () => {
    const listed = async () => ({ ok: true as const, value: [one] });
    const { versions } = must(await kindOf([one, two], { versions: listed }).look(undefined));
    expect(versions?.map(({ version }) => version)).toEqual(['one', 'two']);
  });

  it.each([
    [now - hour, true],
    [now - 4 * 60_000, true],
    [now + 6 * 60_000, false],
  ])('whose versions nobody knew before: what was made since %i is ours', async (at, ours) => {
    const left = must(await kindOf([one, two]).orphans('payments.one', { at }));
    expect(left).toEqual(
      ours ? { state: 'adopt', fresh: { ref: 'two', madeAt: now } } : { state: 'known', end: [] },
    );
  });

  it.each<[AzureFailure, RotationFailure]>([
    ['no-credential', 'odd'],
    ['secret-invalid', 'dead'],
    ['secret-expired', 'dead'],
    ['app-unknown', 'wrong'],
    ['tenant-unknown', 'wrong'],
    ['login-refused', 'odd'],
    ['denied', 'denied'],
    ['firewall', 'denied'],
    ['key-missing', 'dead'],
    ['key-disabled', 'wrong'],
    ['key-expired', 'wrong'],
    ['not-unwrapped', 'wrong'],
    ['throttled', 'throttled'],
    ['unreachable', 'unreachable'],
    ['timeout', 'unreachable'],
    ['odd', 'odd'],
  ])('%s of an exercise is %s of a rotation', async (code, told) => {
    const exercise = async () => ({
      ok: true as const,
      value: exerciseOf({ ok: false, code, detail: 'why' }),
    });
    const did = await kindOf([two], { exercise }).exercise({ ref: 'two' }, undefined);
    expect(did).toEqual({ ok: false, code: told, detail: 'why' });
  });

  it('that does not answer in time is not reached: no Vault that starts is spoken of', async () => {
    const late = async () => ({
      ok: false as const,
      code: 'timeout' as const,
      detail: 'a Vault that starts…',
    });
    expect(await kindOf([one], { rotate: late }).create('payments.one')).toEqual({
      ok: false,
      code: 'unreachable',
      detail: 'https://kv.vault.azure.net did not answer in time (keys/rotate)',
    });
  });

  it('ends nothing: old versions stay', () => {
    const can = Object.keys(kindOf([one]));
    expect(can.toSorted()).toEqual(['create', 'exercise', 'look', 'name', 'orphans']);
  });
});
