/** Where nodes read a credential from, looked at past the sinks that write it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { FakeSecrets } from '../../../fakes/keyvault/secrets.ts';
import type { Place } from './ground.ts';

/** A file as an operator made it: what is there is replaced only where it is closed to others. */
export function filePlace(name: string, path: string, value: string): Place & { path: string } {
  writeFileSync(path, value, { mode: 0o600 });
  return {
    name,
    path,
    live: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    leftovers: () => ['.next', '.previous'].filter((suffix) => existsSync(`${path}${suffix}`)),
  };
}

export function vaultPlace(name: string, secrets: FakeSecrets, secret: string, value: string): Place {
  secrets.put(secret, value);
  const newest = (of: string) => secrets.versions(of).at(-1);
  return {
    name,
    live: () => {
      const version = newest(secret);
      return version?.enabled ? version.value : undefined;
    },
    leftovers: () => ['-next', '-previous'].filter((suffix) => newest(`${secret}${suffix}`)?.enabled),
  };
}
