/** When a key gets a new version, when we follow one that its vault made, and when it must not be rotated at all. */
import { describe, expect, it } from 'vitest';
import type { Fleet } from '../../../shared/fleet/fleet.ts';
import { endedRotation } from '../../fakes/state/rotate-examples.ts';
import {
  anOpen,
  asked,
  day,
  fleet,
  minute,
  noon,
  planOf,
  policed,
  sealed,
  seen,
  sight,
  versioned,
  versions,
} from './inputs.ts';

describe('a key that Sealwatch rotates', () => {
  it.each(['transit-key', 'keyvault-key'] as const)(
    'of kind %s is due by the age of its newest version',
    (kind) => {
      const newest = (days: number) => planOf(kind, seen(versions(400, days)));
      expect(newest(89)).toEqual({
        do: 'nothing',
        why: 'its newest version is not due',
        dueAt: noon + day,
      });
      expect(newest(90)).toMatchObject({ do: 'open', repairs: false });
    },
  );

  it('gets one when a person asks', () => {
    expect(planOf('transit-key', asked)).toMatchObject({ do: 'open', why: 'Ada asked for it: a drill' });
  });

  it('gets none while no version is seen', () => {
    expect(planOf('transit-key', seen(versions()))).toMatchObject({ do: 'nothing' });
    expect(planOf('transit-key', { ...seen(versions()), ...asked }).do).toBe('refuse');
  });
});

describe('a key that its vault rotates', () => {
  const followed: Fleet = policed('cards', { vaultKey: { everyMs: 90 * day, by: 'vault' } });
  const made = noon - 10 * day;
  const plan = (over: Parameters<typeof planOf>[1]) => planOf('keyvault-key', { fleet: followed, ...over });

  it('is followed where a consumer is seen to use an older version', () => {
    expect(plan({ consumers: [sight('cards', made - day)] })).toEqual({
      do: 'open',
      repairs: false,
      why: "the vault's own policy made version 2; cards still uses an older one",
    });
  });

  it('is not where each leader came after the newest version, by more than two clocks may differ', () => {
    expect(plan({ consumers: [sight('cards', made + minute)] }).do).toBe('open');
    expect(plan({ consumers: [sight('cards', made + minute + 1)] }).do).toBe('nothing');
  });

  it('is not where nobody sees since when a consumer leads', () => {
    expect(plan({ consumers: [sight('cards', undefined)] }).do).toBe('nothing');
  });

  it('is followed once a version', () => {
    const earlier = [endedRotation(versioned('keyvault-key'))];
    expect(plan({ consumers: [sight('cards', made - day)], earlier }).do).toBe('nothing');
  });

  it('adopts the newest, and makes none', () => {
    const rotation = anOpen('keyvault-key');
    expect(plan({ rotation })).toMatchObject({ do: 'adopt', fresh: { ref: '2', madeAt: made } });
  });

  it('answers who asks that its vault makes versions', () => {
    const why = expect.stringContaining("the vault's own policy makes versions");
    expect(plan({ ...asked })).toEqual({ do: 'refuse', why });
  });
});

describe('a key that a rescue copies (rule 11)', () => {
  const both = [sight('payments', noon - day, 2), sight('orders', noon - day)];
  const due = { ...seen(versions(100)), consumers: both };
  const why = (name: string) =>
    expect.stringContaining(`the key has a rescue copy (${name}, seal.rescue)`) as unknown as string;

  it.each(['payments', 'orders'])('is not rotated when %s declares it', (name) => {
    const of = sealed(name, { rescue: 'a copy at a rescue Vault' });
    expect(planOf('transit-key', { ...due, fleet: of })).toEqual({ do: 'refuse', why: why(name) });
  });

  it('is not rotated for a person either', () => {
    const of = sealed('orders', { rescue: 'a copy' });
    expect(planOf('transit-key', { ...due, fleet: of, ...asked })).toEqual({
      do: 'refuse',
      why: why('orders'),
    });
  });

  it('gets no version when the rescue was named after its rotation was opened', () => {
    const of = sealed('orders', { rescue: 'a copy' });
    const rotation = anOpen('transit-key');
    expect(planOf('transit-key', { ...due, rotation }).do).toBe('create');
    expect(planOf('transit-key', { ...due, rotation, fleet: of })).toEqual({
      do: 'refuse',
      why: why('orders'),
    });
  });

  it('does not keep the token of its seal from being rotated', () => {
    const of = sealed('payments', { rescue: 'a copy' });
    expect(planOf('transit-token', { fleet: of, ...asked }).do).toBe('open');
  });

  it('is another key where another cluster declares it', () => {
    expect(
      planOf('transit-key', { fleet: sealed('orders', { rescue: 'a copy' }), ...seen(versions(100)) }).do,
    ).toBe('open');
    expect(planOf('transit-key', { fleet, ...due }).do).toBe('open');
  });
});
