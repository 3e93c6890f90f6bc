/**
 * Uses an azurekeyvault seal's own credential and key as the next restart will: token, get, wrap, unwrap (VAULT-FACTS,
 * azurekeyvault seal). All I/O of it through ports; ../judge/azure-key-vault.ts says what it means.
 */
import type { Clock } from '../../clock.ts';
import type { Tried } from '../readiness.ts';
import type {
  AzureExercise,
  AzureFailed,
  AzureFailure,
  AzureStep,
  CredentialLife,
  KeyVersion,
} from './azure-exercise.ts';
import { keyVaultFailure, slow } from './azure-failure.ts';

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
  random: (bytes: number) => Buffer;
  clock: Pick<Clock, 'now' | 'after' | 'sleep'>;
  /** For one request, ms. */
  timeoutMs: number;
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
  const login = await again(ports, () => inTime(ports, slow('login'), async (signal) => ports.login(signal)));
  if (!login.ok) return { ...about, works: login, newest: login, versions: login };
  const calls = login.value;
  const newest = await ask(ports, 'get', (signal) => calls.getKey(signal));
  const works = newest.ok ? await tryKey(ports, calls, newest.value) : newest;
  const versions = await ask(ports, 'list', (signal) => calls.versions(signal));
  return { ...about, works, newest, versions };
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
  ports: AzurePorts,
  step: AzureStep,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<Tried<T, AzureFailure>> {
  return again(ports, () =>
    inTime(ports, slow(step), async (signal): Promise<Tried<T, AzureFailure>> => {
      try {
        return { ok: true, value: await call(signal) };
      } catch (error) {
        return keyVaultFailure(error, step, ports);
      }
    }),
  );
}

async function again<T>(
  { clock }: AzurePorts,
  once: () => Promise<Tried<T, AzureFailure>>,
): Promise<Tried<T, AzureFailure>> {
  let last = await once();
  for (const ms of againMs) {
    if (last.ok || !passing.has(last.code)) break;
    await clock.sleep(ms);
    last = await once();
  }
  return last;
}

/** The SDKs do not always end with their signal: `late` does. */
async function inTime<T>(
  { clock, timeoutMs }: AzurePorts,
  late: AzureFailed,
  call: (signal: AbortSignal) => Promise<Tried<T, AzureFailure>>,
): Promise<Tried<T, AzureFailure>> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => {
      resolve(late);
      controller.abort();
    });
    call(controller.signal).then(resolve, reject).finally(cancel);
  });
}
