import type { DraftCluster } from '../draft.ts';
import { mostCustodians, vaultOfKey } from '../schema/escrow.ts';
import { namePattern, nameRule } from '../schema/names.ts';
import { nearest } from '../spelling.ts';
import type { Check, Context } from './check.ts';

/** Custodians are keys that this deployment lets us use (rule 16), and together they hold every share once or more. */
export const checkEscrow: Check = (context) => {
  for (const [cluster, entry] of Object.entries(context.draft.clusters ?? {})) {
    const custodians = Object.entries(entry.escrow?.custodians ?? {});
    const path = ['clusters', cluster, 'escrow', 'custodians'];
    if (custodians.length > mostCustodians)
      context.report(path, `must name at most ${mostCustodians} custodians, not ${custodians.length}`);
    for (const [name, custodian] of custodians) checkCustodian(context, [...path, name], custodian);
    checkEveryShare(context, path, custodians);
    checkAutomatic(context, cluster, entry);
  }
};

type Draft = NonNullable<NonNullable<DraftCluster['escrow']>['custodians']>[string];

function checkCustodian(context: Context, path: string[], { key, shares }: Draft): void {
  const { report, reportKey, limits, present } = context;
  if (!namePattern.test(path.at(-1) ?? '')) reportKey(path, `not a name for a custodian: ${nameRule}`);
  const [hasKey, hasPassphrase] = [present([...path, 'key']), present([...path, 'passphrase'])];
  if (hasKey && hasPassphrase)
    report([...path, 'passphrase'], 'must not stand beside key: one custodian has one or the other');
  if (!hasKey && !hasPassphrase)
    reportKey(path, 'must have a key (https://VAULT.vault.azure.net/keys/NAME) or a passphrase');
  const vault = key === undefined ? undefined : vaultOfKey(key);
  if (vault !== undefined && !limits.escrowVaults.includes(vault))
    report(
      [...path, 'key'],
      `${vault} is not among the vaults that may hold escrow keys (setting SEALWATCH_ESCROW_VAULTS)`,
      nearest(vault, limits.escrowVaults),
    );
  if (shares?.length === 0)
    report([...path, 'shares'], 'must name a share; custodians without one hold nothing');
  shares?.forEach((share, index) => {
    if (shares.indexOf(share) !== index) report([...path, 'shares', index], 'this share is named already');
  });
}

/** A share that nobody holds is lost at import; told where the highest one stands. */
function checkEveryShare({ report }: Context, path: string[], custodians: [string, Draft][]): void {
  // Of a custodian that is not well-formed nobody knows what it holds.
  if (custodians.some(([, { shares }]) => shares === undefined)) return;
  const held = custodians
    .flatMap(([name, { shares = [] }]) =>
      shares.map((share, index) => ({ share, path: [...path, name, 'shares', index] })),
    )
    .toSorted((a, b) => b.share - a.share);
  const [highest] = held;
  if (highest === undefined) return;
  const missing = Array.from({ length: highest.share }, (_, at) => at + 1).filter((share) =>
    held.every((other) => other.share !== share),
  );
  if (missing.length === 0) return;
  const named = missing.slice(0, 10).join(', ') + (missing.length > 10 ? ' …' : '');
  report(
    highest.path,
    `nobody would hold ${missing.length === 1 ? 'share' : 'shares'} ${named}: custodians together hold every share from 1 on`,
  );
}

function checkAutomatic(
  { report, present }: Context,
  cluster: string,
  { recovery, seal }: DraftCluster,
): void {
  if (recovery?.policy !== 'automatic') return;
  const path = ['clusters', cluster, 'recovery', 'policy'];
  if (seal !== undefined && seal.type !== 'shamir')
    report(
      path,
      `must be manual: shares cannot unseal a cluster whose seal is ${seal.type}; it unseals itself once its seal provider answers`,
    );
  else if (!present(['clusters', cluster, 'escrow', 'custodians']))
    report(path, 'must be manual, or escrow must name custodians: without shares nothing can be unsealed');
}
