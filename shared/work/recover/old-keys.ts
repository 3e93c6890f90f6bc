/**
 * Key versions that are not in use any more, and what needs them all the same. A version that was disabled too early
 * takes away the way back; nothing else tells of that until the night it is needed (rule 11).
 */
import { inTime } from '../../escrow/call.ts';
import type { Custodian } from '../../escrow/custodian.ts';
import type { Generation, GenerationRow, OldKeyVersion, UpkeepProblem } from '../../escrow/generation.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import type { RecoverDeps } from './deps.ts';
import { readAccepted } from './escrowed.ts';
import { keyIdsOf, keysOf, mayNeed, type Need, needsOf } from './key-needs.ts';

export interface OldKey extends OldKeyVersion {
  /** Empty: nothing does. */
  neededBy: string[];
}

type OldKeys = Pick<GenerationRow, 'oldKeys'>;

const mostOldKeys = 20;
const custodianMs = 10_000;

/** For the row of what follows `before`: what that was wrapped by, and this is not. */
export async function keysBefore(
  state: Pick<RecoverState, 'escrow'>,
  before: GenerationRow,
  next: Generation,
): Promise<OldKeys> {
  const read = await readAccepted(state, before);
  const all = [...(before.oldKeys ?? []), ...(read.ok ? keysOf(read.generation) : [])];
  const used = keyIdsOf(next);
  const idOf = ({ custodian, keyId }: OldKeyVersion) => JSON.stringify([custodian, keyId]);
  const old = new Map(all.filter(({ keyId }) => !used.has(keyId)).map((key) => [idOf(key), key]));
  return old.size > 0 ? { oldKeys: [...old.values()].slice(-mostOldKeys) } : {};
}

/** @param needs as `needsOf` found them: read once for all clusters. */
export function oldKeysOf({ oldKeys = [] }: OldKeys, needs: Need[]): OldKey[] {
  return oldKeys.map((key) => ({ ...key, neededBy: neededBy(key, needs) }));
}

/**
 * As Key Vault has them by now. One that it does not have any more, or that somebody disabled, is left out once nothing
 * needs it: its story is over. Before that it is a problem, as whatever needs it does not open.
 */
export async function lookAtOldKeys(
  deps: Pick<RecoverDeps, 'clock' | 'state'>,
  { oldKeys = [] }: OldKeys,
  custodians: ReadonlyMap<string, Custodian>,
): Promise<OldKeys & { problems: UpkeepProblem[] }> {
  const looked: OldKeyVersion[] = [];
  for (const key of oldKeys) looked.push(await asKeyVaultHasIt(deps, key, custodians.get(key.custodian)));
  const needs = looked.some(({ gone }) => gone !== undefined) ? await needsOf(deps.state) : [];
  const kept = looked.filter((key) => key.gone === undefined || neededBy(key, needs).length > 0);
  return {
    ...(kept.length > 0 && { oldKeys: kept }),
    problems: kept.flatMap((key) => problemOf(key, needs)),
  };
}

/** Whoever cannot be asked may still have it, or not: what was known of it stays. */
async function asKeyVaultHasIt(
  { clock }: Pick<RecoverDeps, 'clock'>,
  known: OldKeyVersion,
  custodian: Custodian | undefined,
): Promise<OldKeyVersion> {
  const facts = await inTime({ clock, timeoutMs: custodianMs }, async (signal) =>
    custodian?.facts(known.keyId, signal),
  );
  const { gone: _before, ...key } = known;
  if (facts?.ok) return facts.value.enabled ? key : { ...key, gone: 'disabled' };
  switch (facts?.error.code) {
    case 'key-disabled':
      return { ...key, gone: 'disabled' };
    case 'key-deleted':
      return { ...key, gone: 'deleted' };
    default:
      return known;
  }
}

/** Of what is known to need it: a blob that cannot be read may need any, and says so in the list. */
function problemOf({ custodian, keyId, gone }: OldKeyVersion, needs: Need[]): UpkeepProblem[] {
  const [first, ...more] = needs.filter(({ keyIds }) => keyIds?.has(keyId));
  if (gone === undefined || !first) return [];
  const others = more.length > 0 ? ` (and by ${more.length} more: sealwatch escrow list)` : '';
  const message = `custodian "${custodian}": ${keyId} is ${gone}, and still needed by ${first.what}${others}: ${undo[gone]}`;
  return [{ custodian, code: 'old-key-gone', message }];
}

export const undo = {
  disabled: 'enable it again in Key Vault',
  deleted: 'recover it in Key Vault',
} as const satisfies Record<NonNullable<OldKeyVersion['gone']>, string>;

function neededBy({ keyId }: OldKeyVersion, needs: Need[]): string[] {
  return [...new Set(needs.filter((need) => mayNeed(need, keyId)).map(({ what }) => what))];
}
