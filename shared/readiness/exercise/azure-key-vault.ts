/**
 * Uses an azurekeyvault seal's own credential and key as the next restart will: token, get, wrap, unwrap (VAULT-FACTS,
 * azurekeyvault seal). All I/O of it through ports; ../judge/azure-key-vault.ts says what it means.
 */
import type { Clock } from '../../clock.ts';
import type { Tried } from '../readiness.ts';
import type { AzureExercise, AzureFailure, AzureStep, CredentialLife, KeyVersion } from './azure-exercise.ts';
import { keyVaultFailure, slow } from './azure-failure.ts';
import { inTime } from './in-time.ts';
import { type AskLeaderSince, readLeaderSince } from './leader-since.ts';

/** Calls of one key with one token. They reject with what the SDK throws; a signal ends them. */
export interface SealKeyCalls {
  /** The newest version. */
  getKey(signal: AbortSignal): Promise<KeyVersion>;
  wrapKey(version: string, value: Buffer, signal: AbortSignal): Promise<Uint8Array>;
  unwrapKey(version: string, wrapped: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  versions(signal: AbortSignal): Promise<KeyVersion[]>;
}

export interface AzurePorts {
  vault: string;
  key: string;
  /** The nodes' identity cannot be borrowed: `login` is Sealwatch's own, and only looks. */
  indirect: boolean;
  /** A token that was asked for just now, and the calls that it allows; it rejects for nothing. */
  login: (signal: AbortSignal) => Promise<Tried<SealKeyCalls, AzureFailure>>;
  /** How long the credential lives, where it can be seen. */
  life: Tried<CredentialLife, AzureFailure>;
  /** Of the cluster itself; undefined: nobody can be asked. */
  leaderSince?: AskLeaderSince;
  random: (bytes: number) => Buffer;
  clock: Pick<Clock, 'now' | 'elapsed' | 'after' | 'sleep'>;
  /** For one request, ms. */
  timeoutMs: number;
  /** When all of it must be done, by `clock.elapsed`, ms; what is not done then counts as an answer that does not come. */
  endsAt?: number;
}

const probeBytes = 32;

/** Waits before what passes by itself is asked again: a Vault that starts asks four times in 6 to 10 s (VAULT-FACTS), ms. */
const againMs = [2_000, 8_000];
/** Some refusals of Entra pass too: AADSTS90033, "a transient error". */
const passing: ReadonlySet<AzureFailure> = new Set<AzureFailure>([
  'throttled',
  'unreachable',
  'login-refused',
]);

export async function exerciseAzureKeyVault(ports: AzurePorts): Promise<AzureExercise> {
  const { vault, key, indirect, life } = ports;
  const about = { vault, key, indirect, life };
  const login = await logInAsTheSeal(ports);
  if (!login.ok) return { ...about, works: login, newest: login, versions: login };
  const calls = login.value;
  const newest = await ask(ports, 'get', (signal) => calls.getKey(signal));
  const works = newest.ok ? await tryKey(ports, calls, newest.value) : newest;
  const versions = await ask(ports, 'list', (signal) => calls.versions(signal));
  // Only then does it matter which of them the cluster was wrapped with.
  const isOneShut = newest.ok && versions.ok && versions.value.some(isShutBeside(newest.value));
  const asked = isOneShut ? ports.leaderSince : undefined;
  return {
    ...about,
    works,
    newest,
    versions,
    ...(await readLeaderSince(ports.clock, limitOf(ports), asked)),
  };
}

function isShutBeside(newest: KeyVersion): (one: KeyVersion) => boolean {
  return ({ version, enabled }) => !enabled && version !== newest.version;
}

/** As a node that starts: what passes by itself is asked again. */
export function logInAsTheSeal<T>(
  ports: { login: (signal: AbortSignal) => Promise<Tried<T, AzureFailure>> } & TimePorts,
): Promise<Tried<T, AzureFailure>> {
  return again(ports, () =>
    inTime<Tried<T, AzureFailure>>(ports.clock, limitOf(ports), slow('login'), async (signal) =>
      ports.login(signal),
    ),
  );
}

async function tryKey(
  ports: AzurePorts,
  calls: SealKeyCalls,
  { version, enabled, expiresAt }: KeyVersion,
): Promise<AzureExercise['works']> {
  const { key, clock, indirect, random } = ports;
  if (!enabled)
    return { ok: false, code: 'key-disabled', detail: `the newest version of key ${key} is disabled` };
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    const detail = `the newest version of key ${key} expired ${new Date(expiresAt).toISOString()}`;
    return { ok: false, code: 'key-expired', detail };
  }
  if (indirect) return { ok: true, value: { version } };
  const probe = random(probeBytes);
  const wrapped = await ask(ports, 'wrapKey', (signal) => calls.wrapKey(version, probe, signal));
  if (!wrapped.ok) return wrapped;
  const opened = await ask(ports, 'unwrapKey', (signal) => calls.unwrapKey(version, wrapped.value, signal));
  if (!opened.ok) return opened;
  if (probe.equals(opened.value)) return { ok: true, value: { version } };
  const detail = `key ${key} gave back something else than was wrapped with it`;
  return { ok: false, code: 'not-unwrapped', detail };
}

function ask<T>(
  ports: AskPorts,
  step: AzureStep,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<Tried<T, AzureFailure>> {
  return again(ports, () => askOnce(ports, step, call));
}

type TimePorts = Pick<AzurePorts, 'clock' | 'timeoutMs' | 'endsAt'>;
type AskPorts = Pick<AzurePorts, 'vault' | 'key'> & TimePorts;

/** For one request, ms. */
function limitOf({ clock, timeoutMs, endsAt = Number.POSITIVE_INFINITY }: TimePorts): number {
  return Math.min(timeoutMs, Math.max(0, endsAt - clock.elapsed()));
}

/** One request with its time limit; what it rejects with becomes a closed code. */
export function askOnce<T>(
  ports: AskPorts,
  step: AzureStep,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<Tried<T, AzureFailure>> {
  return inTime<Tried<T, AzureFailure>>(ports.clock, limitOf(ports), slow(step), async (signal) => {
    try {
      return { ok: true, value: await call(signal) };
    } catch (error) {
      return keyVaultFailure(error, step, ports);
    }
  });
}

async function again<T>(
  { clock, endsAt = Number.POSITIVE_INFINITY }: TimePorts,
  once: () => Promise<Tried<T, AzureFailure>>,
): Promise<Tried<T, AzureFailure>> {
  let last = await once();
  for (const ms of againMs) {
    if (last.ok || !passing.has(last.code) || clock.elapsed() + ms >= endsAt) break;
    await clock.sleep(ms);
    last = await once();
  }
  return last;
}
