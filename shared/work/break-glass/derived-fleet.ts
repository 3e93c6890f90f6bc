/** A fleet of one cluster, by what its envelopes say: for a laptop without fleet.yaml, or with a broken one. */
import type { Generation } from '../../escrow/generation.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { Limits } from '../../fleet/limits.ts';
import { parseFleet } from '../../fleet/parse.ts';

export type DerivedFleet = { ok: true; fleet: Fleet } | { ok: false; problems: string[] };

/**
 * Addresses, names and keys are part of what each envelope authenticates: a file that was changed opens nothing. The
 * vaults are limited by SEALWATCH_ESCROW_VAULTS all the same (rule 16).
 */
export function derivedFleet(generation: Generation, limits: Limits): DerivedFleet {
  const keys = keysOf(generation);
  const problems = [...keys].flatMap(([name, all]) =>
    all.size > 1 ? [`custodian ${name}: its envelopes name ${all.size} keys; put fleet.yaml in place`] : [],
  );
  const vaults = [...keys.values()].flatMap((all) => [...all]).filter((key) => key.startsWith('https:'));
  const missing = [...new Set(vaults.map((key) => new URL(key).origin))].filter(
    (vault) => !limits.escrowVaults.includes(vault),
  );
  if (missing.length > 0) {
    const all = [...new Set([...limits.escrowVaults, ...missing])].join(',');
    problems.push(
      `the envelopes name ${missing.join(', ')}, which SEALWATCH_ESCROW_VAULTS does not list. If these are your vaults: export SEALWATCH_ESCROW_VAULTS=${all}`,
    );
  }
  if (problems.length > 0) return { ok: false, problems };
  // JSON is YAML: every default and check is the file's own.
  const parsed = parseFleet(JSON.stringify(fileOf(generation, keys, limits)), limits);
  if (parsed.ok) return { ok: true, fleet: parsed.fleet };
  return {
    ok: false,
    problems: parsed.problems.map(({ path, message }) => `the envelopes: ${path} ${message}`),
  };
}

/** The variable that holds the passphrase of a local custodian where no fleet.yaml names one. */
export function passphraseVariable(custodian: string, { envPrefix }: Limits): string {
  return `${envPrefix}ESCROW_${custodian.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}

/** By custodian: its keys, without versions; `local:NAME` for a passphrase. */
function keysOf({ envelopes }: Generation): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const { custodian, keyId, wrap } of envelopes) {
    const key = wrap === 'RSA-OAEP-256' ? keyId.replace(/\/[^/]+$/, '') : keyId;
    keys.set(custodian, (keys.get(custodian) ?? new Set()).add(key));
  }
  return keys;
}

function fileOf(
  { cluster, trust, envelopes }: Generation,
  keys: Map<string, Set<string>>,
  limits: Limits,
): object {
  const custodians = [...keys].map(([name, all]) => {
    const [key = ''] = all;
    const shares = envelopes.filter(({ custodian }) => custodian === name).map(({ index }) => index);
    const how = key.startsWith('https:')
      ? { key }
      : { passphrase: `env:${passphraseVariable(name, limits)}` };
    return [name, { ...how, shares }];
  });
  const entry = {
    nodes: trust.addresses.map((address) => ({ address })),
    escrow: { custodians: Object.fromEntries(custodians) },
  };
  return { version: 1, clusters: { [cluster]: entry } };
}
