/** References → secrets, within the deployment's limits (rule 16). */
import type { Clock } from '../clock.ts';
import type { SecretReference } from './fleet.ts';
import type { Limits } from './limits.ts';
import type { Reference } from './reference.ts';
import { outsideLimits, parseReference } from './reference.ts';
import type { SecretFile } from './secret-files.ts';
import { OutOfTime, within } from './within.ts';

export type Resolved =
  | { ok: true; value: string }
  | {
      ok: false;
      code: 'outside-limits' | 'missing' | 'unreadable' | 'denied';
      /** Whether the same reference may resolve later without a change to fleet.yaml or the settings. */
      recoverable: boolean;
      /** Names the reference and the fix, never the value. */
      message: string;
    };

/** For what is tried as somebody else will read it. */
export interface HowToResolve {
  /** As it is stored: a file keeps the newline at its end. */
  exact?: boolean;
  /** As it is stored now: a Key Vault is asked, whatever it answered before. */
  fresh?: boolean;
}

export interface Resolver {
  resolve: (reference: SecretReference, how?: HowToResolve) => Promise<Resolved>;
}

export interface ResolverOptions {
  env: Record<string, string | undefined>;
  limits: Limits;
  /** Reads `path`, refusing what is not inside `root`: `readSecretFile`. */
  readFile: (root: string, path: string) => Promise<SecretFile>;
  /**
   * The secret's value; rejects with an error that has a `statusCode`, as the Key Vault SDK's do. Its answer is not
   * waited for once the signal aborts.
   */
  keyVaultSecret: (
    vault: string,
    name: string,
    version: string | undefined,
    signal: AbortSignal,
  ) => Promise<string | undefined>;
  clock: Clock;
}

/** How long a Key Vault's answer is used: a rotated secret is seen after this, ms. */
const keptForMs = 5 * 60_000;
/** How long a Key Vault may take, sign-in included, ms. The SDK alone waits for ever. */
const answerMs = 10_000;

type KeyVaultReference = Extract<Reference, { kind: 'keyvault' }>;

export function createResolver(options: ResolverOptions): Resolver {
  const { env, limits, clock } = options;
  const kept = new Map<string, { until: number; answer: Promise<Resolved> }>();

  async function resolve(text: SecretReference, how: HowToResolve = {}): Promise<Resolved> {
    const reference = parseReference(text);
    if (typeof reference === 'string')
      return failed('outside-limits', `a reference cannot be read: it ${reference}`);
    const outside = outsideLimits(reference, limits);
    if (outside !== undefined) return failed('outside-limits', `${name(reference)}: ${outside}`);
    switch (reference.kind) {
      case 'env':
        return present(reference, env[reference.name], 'the variable is not set');
      case 'file':
        return fromFile(reference, how.exact === true);
      case 'keyvault':
        return how.fresh === true ? askKeyVault(reference) : fromKeyVault(reference);
    }
  }

  async function fromFile(
    reference: Extract<Reference, { kind: 'file' }>,
    exact: boolean,
  ): Promise<Resolved> {
    const file = await options.readFile(limits.fileRoot ?? '', reference.path);
    // Editors end files with a newline that is no part of the secret.
    if (file.ok) {
      const text = exact ? file.text : file.text.replace(/\r?\n$/, '');
      return present(reference, text, 'the file is empty');
    }
    return failed(
      file.code === 'outside' ? 'outside-limits' : file.code,
      `${name(reference)}: ${file.message}`,
    );
  }

  /** Nodes of many clusters share a secret: one request serves all that ask meanwhile, and failures are not kept. */
  function fromKeyVault(reference: KeyVaultReference): Promise<Resolved> {
    const key = name(reference);
    const known = kept.get(key);
    if (known !== undefined && clock.elapsed() < known.until) return known.answer;
    const answer = askKeyVault(reference);
    const entry = { until: Number.POSITIVE_INFINITY, answer };
    kept.set(key, entry);
    void answer.then((resolved) => {
      if (resolved.ok) entry.until = clock.elapsed() + keptForMs;
      else if (kept.get(key) === entry) kept.delete(key);
    });
    return answer;
  }

  async function askKeyVault(reference: KeyVaultReference): Promise<Resolved> {
    const { vault, name: secret, version } = reference;
    try {
      const value = await within(answerMs, clock, (signal) =>
        options.keyVaultSecret(vault, secret, version, signal),
      );
      return present(reference, value, 'the secret is empty');
    } catch (error) {
      const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
      if (status === 404) return failed('missing', `${name(reference)}: there is no such secret`);
      if (status === 401 || status === 403)
        return failed(
          'denied',
          `${name(reference)}: the app's identity may not read it (HTTP ${status}): it needs "get" on secrets`,
        );
      const silence = error instanceof OutOfTime ? `no answer within ${answerMs / 1000} s` : 'no answer';
      const how = typeof status === 'number' ? `HTTP ${status}` : silence;
      return failed('unreadable', `${name(reference)}: the Key Vault cannot be read (${how})`);
    }
  }

  return { resolve };
}

function present(reference: Reference, value: string | undefined, otherwise: string): Resolved {
  return value === undefined || value === ''
    ? failed('missing', `${name(reference)}: ${otherwise}`)
    : { ok: true, value };
}

function failed(code: Extract<Resolved, { ok: false }>['code'], message: string): Resolved {
  return { ok: false, code, recoverable: code !== 'outside-limits', message };
}

/** The reference in its plain form. */
function name(reference: Reference): string {
  switch (reference.kind) {
    case 'env':
      return `env:${reference.name}`;
    case 'file':
      return `file:${reference.path}`;
    case 'keyvault':
      return `keyvault:${reference.vault}/secrets/${reference.name}${reference.version ? `/${reference.version}` : ''}`;
  }
}
