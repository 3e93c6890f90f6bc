/**
 * The Key Vault key that an azurekeyvault seal is wrapped with. Nobody carries it: a new version is made, and each consumer
 * wraps anew with it once it restarts or its leader changes (VAULT-FACTS, azurekeyvault seal). Nothing is ever ended here:
 * old versions stay enabled (rule 11).
 */
import type { Clock } from '../../clock.ts';
import type { AzureExercise, AzureFailure, KeyVersion } from '../../readiness/exercise/azure-exercise.ts';
import type { Tried } from '../../readiness/readiness.ts';
import type { Credential, Did, Kind, Look, Made, NotMade, Orphans } from '../rotation.ts';
import { failedAs, slow } from './azure-codes.ts';
import { type Deadline, type DeadlineClock, deadlineBy } from './deadline.ts';

type Asked<T> = Promise<Tried<T, AzureFailure>>;

export interface KeyVaultKeyPorts {
  /** `vault`: its own rotation policy makes versions, and none is made here. */
  by: 'sealwatch' | 'vault';
  /** https://NAME.vault.azure.net */
  vault: string;
  key: string;
  /** With Sealwatch's own identity. */
  newest: () => Asked<KeyVersion>;
  versions: () => Asked<KeyVersion[]>;
  /** @param endsAt by `clock.elapsed`, ms: it is not sent later. */
  rotate: (endsAt: number) => Asked<KeyVersion>;
  /** With the seal's own credential, or, where that cannot be borrowed, looked at with Sealwatch's. */
  exercise: () => Promise<Did<AzureExercise>>;
  /** Whether the exercise only looks: the nodes' identity cannot be borrowed. */
  indirect: boolean;
  clock: Pick<Clock, 'now'> & DeadlineClock;
}

/** Whoever is asked still when the call ends. */
const late = { ok: false, code: 'timeout', detail: '' } as const;

/** Answers after which there certainly is no new version. */
const notCarriedOut: ReadonlySet<AzureFailure> = new Set<AzureFailure>([
  'no-credential',
  'denied',
  'firewall',
  'key-missing',
  'throttled',
]);

type Versions = NonNullable<Look['versions']>;

export function keyvaultKey(ports: KeyVaultKeyPorts): Kind {
  const { vault, key, by } = ports;

  /** The newest last. */
  async function allVersions(deadline: Deadline): Promise<Did<{ newest: KeyVersion; all: Versions }>> {
    const newest = await deadline.orLate(ports.newest(), late);
    if (!newest.ok) return refused(ports, newest, 'keys/get');
    const listed = await deadline.orLate(ports.versions(), late);
    if (!listed.ok) return refused(ports, listed, 'keys/list');
    return { ok: true, value: { newest: newest.value, all: inOrder(newest.value, listed.value) } };
  }

  return {
    name: 'keyvault-key',

    async look(): Promise<Did<Look>> {
      const seen = await allVersions(deadlineBy(ports.clock));
      if (!seen.ok) return seen;
      const { newest, all } = seen.value;
      const current = currentOf(newest, all, ports);
      const foreign = ports.indirect
        ? [
            `key ${key} of ${vault}: the nodes sign in with a managed identity that Sealwatch cannot borrow: a new version is looked at, not tried`,
          ]
        : [];
      return { ok: true, value: { current, ours: [], foreign, versions: all } };
    },

    async create(): Promise<Did<Made> & NotMade> {
      if (by === 'vault') {
        const detail = `key ${key} of ${vault} is rotated by the vault's own policy (rotation.vaultKey): Sealwatch makes no version of it, and goes on with those that come`;
        return { ok: false, code: 'wrong', detail, nothingMade: true };
      }
      const deadline = deadlineBy(ports.clock);
      const made = await deadline.orLate(ports.rotate(ports.clock.elapsed() + deadline.left()), late);
      if (!made.ok) {
        const failed = refused(ports, made, 'keys/rotate');
        return notCarriedOut.has(made.code) ? { ...failed, nothingMade: true } : failed;
      }
      return { ok: true, value: { fresh: credentialOf(made.value, ports.clock.now()) } };
    },

    async orphans(_id, { at, before }): Promise<Did<Orphans>> {
      const seen = await allVersions(deadlineBy(ports.clock));
      if (!seen.ok) return seen;
      const { newest, all } = seen.value;
      const made = madeSince(newest, all, { at, ...(before !== undefined && { before }) });
      if (made === 'other-key') {
        const detail = `key ${key} of ${vault} has no version ${before} any more: it is another key under the same name`;
        return { ok: false, code: 'wrong', detail };
      }
      return made
        ? { ok: true, value: { state: 'adopt', fresh: credentialOf(newest, at) } }
        : { ok: true, value: { state: 'known', end: [] } };
    },

    async exercise(fresh): Promise<Did<void>> {
      const deadline = deadlineBy(ports.clock);
      const done = await deadline.orLate(ports.exercise(), slow(vault));
      if (!done.ok) return done;
      const { works } = done.value;
      if (!works.ok) return failedAs(works);
      if (works.value.version === fresh.ref) return { ok: true, value: undefined };
      return notTheOne(() => allVersions(deadline), fresh, works.value.version, ports);
    },
  };
}

/** The newest is what a restart uses: one made still later is as good; an older one is not what was made. */
async function notTheOne(
  allVersions: () => Promise<Did<{ all: Versions }>>,
  { ref }: Credential,
  used: string,
  { vault, key }: KeyVaultKeyPorts,
): Promise<Did<void>> {
  const seen = await allVersions();
  if (!seen.ok) return seen;
  const place = (wanted: string) => seen.value.all.findIndex(({ version }) => version === wanted);
  if (place(ref) === -1) {
    const detail = `key ${key} of ${vault} has no version ${ref}: it is another key under the same name`;
    return { ok: false, code: 'wrong', detail };
  }
  if (place(used) > place(ref)) return { ok: true, value: undefined };
  const detail = `key ${key} of ${vault} still answers with version ${used} instead of the new one, ${ref}`;
  return { ok: false, code: 'not-yet', detail };
}

/** In the order in which they were made. Key Vault tells seconds: of those made in the same one it says itself which is newest. */
function inOrder(newest: KeyVersion, listed: KeyVersion[]): Versions {
  const older = listed
    .filter(({ version }) => version !== newest.version)
    .map(({ version, enabled, createdAt = 0 }) => ({ version, enabled, madeAt: createdAt }))
    .toSorted((a, b) => a.madeAt - b.madeAt);
  const last = older.at(-1)?.madeAt ?? -1;
  const { version, enabled, createdAt = 0 } = newest;
  return [...older, { version, enabled, madeAt: Math.max(createdAt, last + 1) }];
}

function currentOf(newest: KeyVersion, all: Versions, { key, clock }: KeyVaultKeyPorts): Look['current'] {
  const { version, enabled, createdAt, expiresAt } = newest;
  if (!enabled) return { state: 'dead', why: `the newest version of key ${key} is disabled` };
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    const why = `the newest version of key ${key} expired ${new Date(expiresAt).toISOString()}`;
    return { state: 'dead', why };
  }
  const madeAt = all.at(-1)?.madeAt;
  return {
    state: 'works',
    ref: version,
    renewable: false,
    ...(createdAt !== undefined && madeAt !== undefined && { madeAt }),
    ...(expiresAt !== undefined && { endsAt: expiresAt }),
    ...(expiresAt !== undefined && createdAt !== undefined && { lifeMs: expiresAt - createdAt }),
  };
}

/** Clocks of Key Vault and ours may differ by so much, ms. */
const clockMargin = 5 * 60_000;

function madeSince(
  newest: KeyVersion,
  all: Versions,
  { at, before }: { at: number; before?: string },
): boolean | 'other-key' {
  if (before === undefined) return (newest.createdAt ?? 0) >= at - clockMargin;
  if (!all.some(({ version }) => version === before)) return 'other-key';
  return newest.version !== before;
}

/** @param otherwise when it was made, where Key Vault does not say. */
function credentialOf({ version, createdAt, expiresAt }: KeyVersion, otherwise: number): Credential {
  return {
    ref: version,
    madeAt: createdAt ?? otherwise,
    ...(expiresAt !== undefined && { endsAt: expiresAt }),
  };
}

function refused(
  { vault, key }: KeyVaultKeyPorts,
  failed: { code: AzureFailure; detail: string },
  right: 'keys/get' | 'keys/list' | 'keys/rotate',
): ReturnType<typeof failedAs> {
  const { code, detail } = failed;
  if (code === 'timeout')
    return { ok: false, code: 'unreachable', detail: `${vault} did not answer in time (${right})` };
  if (code !== 'denied') return failedAs(failed);
  const missing = `the rotate app's own identity needs ${right} on key ${key}`;
  return { ok: false, code: 'denied', detail: `${detail}; ${missing}` };
}
