/** Whose a listed secret is, and which of them a value may be. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Application, ListedSecret } from '../../../shared/rotation/graph.ts';
import {
  candidatesFor,
  currentOf,
  displayNameFor,
  foreignLines,
  liveOurs,
  rotationOf,
} from '../../../shared/rotation/kinds/listed-secrets.ts';

const at = Date.UTC(2026, 10, 22, 2, 0, 0);
const day = 86_400_000;

let made = 0;
function secret(over: Partial<ListedSecret> = {}): ListedSecret {
  made += 1;
  return { keyId: `key-${made}`, hint: 'abc', startsAt: at - day, endsAt: at + day, ...over };
}
const application = (...secrets: ListedSecret[]): Application => ({ appId: 'app', at, secrets });
const named = (displayName: string) => secret({ displayName });
const refs = (secrets: ListedSecret[]) => secrets.map(({ keyId }) => keyId);
const value = Buffer.from('abc-and-more');

describe('whose a secret is', () => {
  it('the name of a rotation carries its id', () => {
    const random = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
    fc.assert(
      fc.property(random, (random) => {
        expect(rotationOf(named(displayNameFor(`payments.${random}`)), 'payments')).toBe(
          `payments.${random}`,
        );
      }),
    );
  });

  it.each([
    'sealwatch',
    'sealwatch payments',
    'sealwatch payments.',
    'sealwatch payments.one for Ada',
    'sealwatch payments.one.two',
    'Sealwatch payments.one',
    ' sealwatch payments.one',
    'sealwatch other.one',
    'sealwatch payments-eu.one',
    'made by Ada',
    '',
  ])('%j is no rotation of payments', (displayName) => {
    expect(rotationOf(named(displayName), 'payments')).toBeUndefined();
  });

  it('a secret without a name is nobody of ours', () => {
    expect(rotationOf(secret(), 'payments')).toBeUndefined();
  });

  it('what has ended by the clock of Graph is not live any more', () => {
    const live = secret({ displayName: 'sealwatch payments.one', endsAt: at + 1 });
    const ended = secret({ displayName: 'sealwatch payments.two', endsAt: at });
    expect(liveOurs(application(live, ended), 'payments')).toEqual([
      { rotation: 'payments.one', ref: live.keyId, madeAt: at - day, endsAt: at + 1 },
    ]);
  });
});

describe('which of them a value may be', () => {
  it('the live one that begins like it', () => {
    const right = secret();
    const others = [secret({ hint: 'xyz' }), secret({ hint: 'abc', endsAt: at - 1 }), { keyId: 'no hint' }];
    expect(refs(candidatesFor(application(right, ...others), value))).toEqual([right.keyId]);
  });

  it('where none begins like it, those of which nobody knows how they begin', () => {
    const unknown = { keyId: 'unhinted', startsAt: at - day, endsAt: at + day };
    expect(refs(candidatesFor(application(secret({ hint: 'xyz' }), unknown), value))).toEqual([
      unknown.keyId,
    ]);
    expect(candidatesFor(application(secret({ hint: 'xyz' })), value)).toEqual([]);
  });

  it('one is named; of several none is, and the earliest end counts', () => {
    const [soon, late] = [secret({ endsAt: at + day }), secret({ endsAt: at + 90 * day })];
    expect(currentOf([late])).toEqual({
      state: 'works',
      renewable: false,
      ref: late.keyId,
      madeAt: at - day,
      endsAt: at + 90 * day,
      lifeMs: 91 * day,
    });
    const either = currentOf([late, soon]);
    expect(either).toMatchObject({ state: 'works', endsAt: at + day });
    expect(either).not.toHaveProperty('ref');
    expect(currentOf([])).toEqual({ state: 'works', renewable: false });
  });
});

describe('what people are told of', () => {
  const lines = (...secrets: ListedSecret[]) =>
    foreignLines(application(...secrets), 'payments', (text) => text.replaceAll('\n', ' '));

  it('all that no rotation of the cluster made, with names that are safe to show', () => {
    expect(lines(named('sealwatch payments.one'), named('Ada\nsays'), secret({ endsAt: at - day }))).toEqual([
      `a secret called "Ada says", made 2026-11-21, ends 2026-11-23: people's own, not touched`,
      `a secret without a name, made 2026-11-21, ended 2026-11-21: people's own, not touched`,
    ]);
    expect(lines({ keyId: 'bare' })).toEqual([
      "a secret without a name, made nobody knows when, ends nobody knows when: people's own, not touched",
    ]);
  });

  it('no more lines than anybody reads', () => {
    const many = lines(...Array.from({ length: 33 }, () => secret()));
    expect(many).toHaveLength(21);
    expect(many.at(-1)).toBe("and 13 more secrets of people's own");
  });
});
