/** What clusters share is rotated by one entry, and each sink is a place of its own, in the whole fleet. */
import { credentialNames } from '../credentials.ts';
import type { DraftRotation } from '../draft.ts';
import type { Path } from '../problem.ts';
import { formatPath } from '../problem.ts';
import { vaultOrigin } from '../reference.ts';
import type { Check } from './check.ts';
import { eachTwice } from './check.ts';

const kinds = [
  ['token', 'transit-token'],
  ['transitKey', 'transit-key'],
  ['secret', 'entra-secret'],
  ['vaultKey', 'keyvault-key'],
] as const;

export const checkRotatedOnce: Check = ({ draft, report }) => {
  const credentials: { key: string; path: Path }[] = [];
  const places: { key: string; path: Path }[] = [];
  for (const [cluster, { seal, rotation = {} }] of Object.entries(draft.clusters ?? {})) {
    const path = ['clusters', cluster, 'rotation'];
    for (const [field, kind] of kinds) {
      const key = seal && rotation[field] && credentialNames[kind](seal);
      if (key !== undefined) credentials.push({ key, path: [...path, field] });
    }
    for (const [name, sink] of Object.entries(rotation.sinks ?? {}))
      for (const key of placesOf(sink)) places.push({ key, path: [...path, 'sinks', name] });
  }
  eachTwice(credentials, (again, first) =>
    report(
      again,
      `the same is rotated by ${formatPath(first)}: let one cluster do it for all that unseal with it`,
    ),
  );
  const told = new Set<string>();
  eachTwice(places, (again, first) => {
    const both = JSON.stringify([again, first]);
    if (told.has(both)) return;
    told.add(both);
    report(again, `writes what ${formatPath(first)} writes: give each sink a place of its own`);
  });
};

/** All that a sink writes, also beside its live value. */
function placesOf(sink: NonNullable<DraftRotation['sinks']>[string]): string[] {
  if (sink?.kind === 'file') return ['', '.next', '.previous'].map((slot) => `file:${sink.path}${slot}`);
  if (sink?.kind !== 'keyVaultSecret') return [];
  const secret = `${vaultOrigin(sink.vault)}/secrets/${sink.secret.toLowerCase()}`;
  return ['', '-next', '-previous'].map((slot) => secret + slot);
}
