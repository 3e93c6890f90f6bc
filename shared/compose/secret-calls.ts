/** The secrets of one Key Vault by @azure/keyvault-secrets, as rotate's own identity: what it throws becomes a closed word. */
import type { SecretClient, SecretClientOptions } from '@azure/keyvault-secrets';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { OutOfTime, within } from '../fleet/within.ts';
import type { Answered, SecretCalls } from '../rotation/sinks/key-vault-secret.ts';
import type { Credential } from './state.ts';

export interface SecretConnection {
  /** https://VAULT.vault.azure.net */
  vault: string;
  credential: Credential;
  clock: Pick<Clock, 'after'>;
  /** Only what a network needs: an agent, or trusted certificates. */
  options?: Pick<SecretClientOptions, 'agent' | 'tlsOptions' | 'proxyOptions'>;
}

/** How long a Key Vault may take, sign-in included, ms. */
const answerMs = 10_000;

const versionOf = z.string().regex(/^[0-9a-f]{32}$/);

export function secretCalls({ vault, credential, clock, options }: SecretConnection): SecretCalls {
  async function ask<T>(call: (client: SecretClient, abortSignal: AbortSignal) => Promise<T>) {
    try {
      const value = await within(answerMs, clock, async (signal) => {
        const { SecretClient } = await import('@azure/keyvault-secrets');
        // A client for each call: the SDK keeps the body of the first one, a secret, for as long as its client lives,
        // and after a first call that failed it sends the next one's body before it knows who asks for it.
        const own = await credential().catch(() => {
          throw Object.assign(new Error('no identity'), { name: 'CredentialUnavailableError' });
        });
        const client = new SecretClient(vault, own, {
          ...options,
          retryOptions: { maxRetries: 0 },
          redirectOptions: { maxRetries: 0 },
        });
        return call(client, signal);
      });
      return { ok: true, value } as const;
    } catch (error) {
      return troubleOf(error);
    }
  }

  return {
    get: (name) =>
      ask(async (client, abortSignal) => {
        const { value = '', properties } = await client.getSecret(name, { abortSignal });
        return { value, version: versionOf.parse(properties.version) };
      }),
    set: (name, value, facts) =>
      ask(async (client, abortSignal) => {
        const { properties } = await client.setSecret(name, value, { ...facts, enabled: true, abortSignal });
        return { version: versionOf.parse(properties.version) };
      }),
    disable: (name, version) =>
      ask(async (client, abortSignal) => {
        await client.updateSecretProperties(name, version, { enabled: false, abortSignal });
      }),
  };
}

type Failed = Extract<Answered<never>, { ok: false }>;

const refusal = z.looseObject({
  error: z.looseObject({ innerError: z.looseObject({ code: z.string() }) }),
});

/** Nothing of its messages or of the answers' bodies goes further: they can hold the value. */
function troubleOf(error: unknown): Failed {
  if (error instanceof OutOfTime) return { ok: false, trouble: 'silent' };
  if (error instanceof z.ZodError) return { ok: false, trouble: 'odd' };
  if (!(error instanceof Error)) return { ok: false, trouble: 'odd' };
  const { name, statusCode: status, details } = error as Error & Record<string, unknown>;
  const answered = typeof status === 'number' ? status : undefined;
  // Of @azure/identity: Entra, or the machine's identity endpoint, gave no token.
  if (/^(Aggregate)?Authentication(Required)?Error$|^CredentialUnavailableError$/.test(name))
    return { ok: false, trouble: (answered ?? 0) >= 500 ? 'unreachable' : 'no-token' };
  // Of what came back with a good status, and is no answer of a vault, the SDK makes errors of other kinds.
  if (answered === undefined) return { ok: false, trouble: name === 'RestError' ? 'unreachable' : 'odd' };
  return { ok: false, trouble: ofStatus(answered, details), status: answered };
}

function ofStatus(status: number, details: unknown): Failed['trouble'] {
  if (status === 403) {
    const why = refusal.safeParse(details).data?.error.innerError.code;
    return why === 'SecretDisabled' ? 'disabled' : 'denied';
  }
  if (status === 401) return 'denied';
  if (status === 404) return 'missing';
  if (status === 409) return 'deleted';
  if (status === 429) return 'throttled';
  return status === 408 || status >= 500 ? 'unreachable' : 'odd';
}
