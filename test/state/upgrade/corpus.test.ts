/** What older versions stored, and this one reads; what a newer one stored, and this one names. */
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { pack, parseRow, unpack } from '../../../shared/state/packing.ts';
import { readinessSchema } from '../../../shared/state/readiness-schema.ts';
import { aFullReadiness, aReadiness } from '../../fakes/state/rotate-examples.ts';
import { kinds, type StoredKind } from './kinds.ts';
import { committedOf, fromFile, missingOf, writtenOf } from './rows.ts';

const whatToDo =
  'Stored rows must stay readable. A field that is new in a schema must be optional, a word of a closed list must stay. ' +
  'Where neither is possible: raise schemaVersion (shared/state/packing.ts) and keep the reader of version 1 beside the ' +
  'new one. Never change a file of rows-v1: it holds what older versions wrote (docs/upgrade.md).';
const whatToAdd =
  'The schema says more than any committed row: run `node test/state/upgrade/write.ts`, which adds rows and changes none.';

const newer = 'written by a newer Sealwatch (v2): upgrade this app';
const isVersioned = ({ name }: StoredKind) => name !== 'envelopes' && name !== 'break-glass-journal';
const isPacked = (kind: StoredKind) =>
  isVersioned(kind) && !['sweep', 'acknowledgement', 'hold'].includes(kind.name);

const named = (which: (kind: StoredKind) => boolean) =>
  kinds.filter(which).map((kind) => [kind.name, kind] as const);

describe.each(named(() => true))('%s', (_name, kind) => {
  const committed = committedOf(kind);

  it('is read from every committed row as what was written', () => {
    expect(committed.length).toBeGreaterThan(0);
    for (const { row, value } of committed) {
      expect(kind.read(fromFile(row)), whatToDo).toEqual({ ok: true, value });
    }
  });

  it('says nothing that no committed row says', () => {
    const written = committed.map((each) => writtenOf(each, kind));
    expect(missingOf(kind, written), whatToAdd).toEqual([]);
  });

  it('keeps the columns that queries filter by', () => {
    for (const each of committed) {
      const names = Object.keys(kind.write(writtenOf(each, kind) as never));
      const before = Object.keys(each.row).filter((name) => !/^d\d+$/.test(name));
      expect(names, 'another app, or an older version, asks for rows by this column').toEqual(
        expect.arrayContaining(before),
      );
    }
  });
});

it.each(named(isVersioned))('a row of version 2 is named, and not read: %s', (_name, kind) => {
  for (const { row } of committedOf(kind)) {
    expect(kind.read({ ...fromFile(row), v: 2 })).toEqual({ ok: false, why: newer });
  }
});

it.each(named(isPacked))('a field that is not known here is kept: %s', (_name, kind) => {
  const [{ row, value } = { row: {}, value: {} }] = committedOf(kind);
  const more = { ...(value as object), ofLater: [1] };
  const { columns } = pack('a row', more);
  expect(kind.read({ ...fromFile(row), ...columns })).toEqual({ ok: true, value: more });
});

describe('a row that does not parse', () => {
  const read = (over: object) => parseRow({ ...aReadiness(), ...over }, readinessSchema);

  test.for<[string, object, string]>([
    ['a word of a closed list', { seal: 'of-later' }, 'seal'],
    ['another alternative', { standing: { state: 'of-later' } }, 'standing.state'],
    ['a word inside', { problems: [{ code: 'of-later', summary: '', evidence: [] }] }, 'problems.0.code'],
    ['a word as a name', { unjudged: { 'of-later': '' } }, 'unjudged'],
  ])('for %s was written by a newer version', ([, over, place]) => {
    const why = `written by a newer Sealwatch (${place} is not known here): upgrade this app`;
    expect(read(over)).toEqual({ ok: false, why });
  });

  test.for<[string, object]>([
    ['no word at all', { seal: 7 }],
    ['a missing field', { seal: undefined }],
    ['a flag', { indirect: false }],
    ['a number', { at: 'now' }],
  ])('for %s is damaged', ([, over]) => {
    expect(read(over)).toMatchObject({ ok: false, why: expect.stringMatching(/^damaged: /) });
  });
});

describe('these tests', () => {
  const { shape } = readinessSchema as unknown as z.ZodObject;
  const kind = kinds.find(({ name }) => name === 'readiness');

  it('fail for a field that every row must have from now on', () => {
    const stricter = z.looseObject({ ...shape, added: z.string() });
    const { columns } = pack('a row', aFullReadiness());
    expect(unpack(columns, stricter)).toMatchObject({ ok: false, why: expect.stringContaining('added') });
  });

  it('ask for a row for a field or word that may come from now on', () => {
    if (!kind) throw new Error('readiness is no kind any more');
    const values = committedOf(kind).map(({ value }) => value);
    const added = z.looseObject({
      ...shape,
      seal: z.enum(['shamir', 'transit', 'azurekeyvault', 'other', 'of-later']),
      added: z.string().exactOptional(),
    });
    expect(missingOf({ ...kind, schema: added }, values)).toEqual(['.seal = of-later', '.added']);
  });
});
