/**
 * `node test/state/upgrade/write.ts`: adds rows to rows-v1/ that say what today's schemas may say and no row there does
 * yet. It changes none that is there: those are what older versions wrote.
 */
import { writeFileSync } from 'node:fs';
import { kinds, type StoredKind } from './kinds.ts';
import { valuesOf } from './paths.ts';
import { type Committed, committedOf, fileOf, missingOf, toFile, writtenOf } from './rows.ts';

for (const kind of kinds) {
  const kept = committedOf(kind);
  const added: Committed[] = [];
  const written = kept.map((each) => writtenOf(each, kind));
  for (const value of candidates(kind, kept.length === 0)) {
    const before = missingOf(kind, written);
    const isNews = missingOf(kind, [...written, value]).length < before.length;
    if (!isNews && kept.length + added.length > 0) continue;
    added.push(rowOf(kind, value));
    written.push(value);
  }
  if (added.length === 0) continue;
  writeFileSync(fileOf(kind), `${JSON.stringify([...kept, ...added], null, 1)}\n`);
  console.log(`${kind.name}: ${kept.length} rows, ${added.length} added`);
}

function candidates({ schema, examples }: StoredKind, isFirst: boolean): unknown[] {
  return schema === undefined ? examples : [...(isFirst ? examples : []), ...valuesOf(schema)];
}

function rowOf({ name, write, read }: StoredKind, value: unknown): Committed {
  const row = write(value as never);
  const back = read(row);
  if (!back.ok) throw new Error(`${name}: ${back.why}: ${JSON.stringify(value)}`);
  return { row: toFile(row), value: back.value };
}
