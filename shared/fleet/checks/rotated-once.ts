/** What clusters share is rotated by one entry, in the whole fleet. */
import { credentialNames, livePlaces, tokenAt } from '../credentials.ts';
import type { Path } from '../problem.ts';
import { formatPath } from '../problem.ts';
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
  /** By the name that a token has for whoever reads it from there: who writes it, and by preference who reads it, too. */
  const delivered = new Map<string, Path>();
  for (const [cluster, { seal, rotation = {} }] of Object.entries(draft.clusters ?? {})) {
    for (const [field, kind] of kinds) {
      const own = seal && rotation[field] && credentialNames[kind](seal);
      if (own === undefined) continue;
      const path = ['clusters', cluster, 'rotation', field];
      credentials.push({ key: own, path });
      if (field !== 'token' || seal?.type !== 'transit' || seal.provider === undefined) continue;
      for (const place of livePlaces(Object.values(rotation.sinks ?? {}))) {
        const key = tokenAt(seal.provider, place);
        if (key === own || !delivered.has(key)) delivered.set(key, path);
      }
    }
  }
  const told = new Set<string>();
  const tell = (again: Path, first: Path) => {
    told.add(formatPath(again)).add(formatPath(first));
    report(
      again,
      `the same is rotated by ${formatPath(first)}: let one cluster do it for all that unseal with it`,
    );
  };
  eachTwice(credentials, tell);
  for (const { key, path } of credentials) {
    const by = delivered.get(key);
    if (by && by !== path && !told.has(formatPath(path))) tell(path, by);
  }
};
