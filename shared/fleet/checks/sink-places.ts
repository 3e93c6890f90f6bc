/** Each sink is a place of its own in the whole fleet: nothing else writes it, and only its own seals read it. */
import { credentialNames, writtenBy } from '../credentials.ts';
import type { DraftCluster } from '../draft.ts';
import type { Path } from '../problem.ts';
import { formatPath } from '../problem.ts';
import { isReference, placeOf } from '../reference.ts';
import type { Check } from './check.ts';
import { eachTwice } from './check.ts';

interface Written {
  key: string;
  path: Path;
  cluster: string;
  /** Not what is kept beside the value. */
  live: boolean;
}

export const checkSinkPlaces: Check = ({ draft, report }) => {
  const clusters = draft.clusters ?? {};
  const written: Written[] = [];
  for (const [cluster, { rotation }] of Object.entries(clusters))
    for (const [name, sink] of Object.entries(rotation?.sinks ?? {})) {
      const { live, beside } = (sink && writtenBy(sink)) ?? { beside: [] };
      const path = ['clusters', cluster, 'rotation', 'sinks', name];
      if (live !== undefined) written.push({ key: live, path, cluster, live: true });
      written.push(...beside.map((key) => ({ key, path, cluster, live: false })));
    }
  if (written.length === 0) return;
  const told = new Set<string>();
  const once = (path: Path, other: Path, message: string) => {
    const both = JSON.stringify([path, other]);
    if (told.has(both)) return;
    told.add(both);
    report(path, message);
  };
  eachTwice(written, (again, first) =>
    once(again, first, `writes what ${formatPath(first)} writes: give each sink a place of its own`),
  );
  const byPlace = Map.groupBy(written, ({ key }) => key);
  for (const { path, text } of referencesIn(draft, [])) {
    const writers = byPlace.get(placeOf(text)) ?? [];
    // Where its own sinks write it, too, that was told.
    if (isOfSeal(path) && writers.some(({ cluster }) => cluster === path[1] && writers.length > 1)) continue;
    for (const writer of writers)
      if (!isOfSeal(path) || !mayRead(clusters[String(path[1])], clusters[writer.cluster], writer, path))
        once(
          writer.path,
          path,
          `writes what ${formatPath(path)} refers to${writer.live ? '' : ' (a sink also writes NAME-next and NAME-previous, PATH.next and PATH.previous)'}: give each sink a place of its own`,
        );
  }
};

function isOfSeal([part, , field, own]: Path): boolean {
  return part === 'clusters' && field === 'seal' && (own === 'token' || own === 'clientSecret');
}

/** What shares the credential is judged where rotation is; what is not well-formed, not at all. */
function mayRead(
  { seal: reading }: DraftCluster = {},
  { seal: rotated }: DraftCluster = {},
  { live }: Written,
  [, , , field]: Path,
): boolean {
  if (!reading || !rotated || reading === rotated) return true;
  if (field === 'clientSecret') {
    const application = credentialNames['entra-secret'](rotated);
    return application !== undefined && application === credentialNames['entra-secret'](reading);
  }
  if (reading.type !== 'transit' || rotated.type !== 'transit') return false;
  if (credentialNames['transit-token'](reading) === credentialNames['transit-token'](rotated)) return true;
  return live && reading.provider === rotated.provider;
}

/** Words of people, whatever they look like. */
const words = new Set(['labels', 'rescue', 'owner']);

/** Every reference of the file. */
function* referencesIn(value: unknown, path: Path): Generator<{ path: Path; text: string }> {
  if (typeof value === 'string') {
    if (isReference(value)) yield { path, text: value };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* referencesIn(item, [...path, index]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value))
      if (!words.has(key)) yield* referencesIn(item, [...path, key]);
  }
}
