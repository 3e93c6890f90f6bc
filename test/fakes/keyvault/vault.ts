/** One vault of the fake: its keys, what goes wrong in it, and how often it was called. */
import { bundleOf, itemOf, type KeyVersion, newVersion, unwrapWith, wrapWith } from './key.ts';

export type Operation = 'getKey' | 'wrapKey' | 'unwrapKey' | 'list';

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body: object;
}

/** What an operation does instead of its work. */
export type Fault = { status: number; retryAfter?: string; innerError?: string } | 'hang' | 'reset';

export class FakeVault {
  readonly name: string;
  readonly #origin: string;
  readonly #keys = new Map<string, KeyVersion[]>();
  readonly #faults: { operation: Operation | 'any'; fault: Fault; left: number }[] = [];
  /** Calls with a good token, by operation. */
  readonly calls: Record<Operation, number> = { getKey: 0, wrapKey: 0, unwrapKey: 0, list: 0 };
  /** Calls without a token, each answered with the challenge. */
  challenges = 0;

  constructor(name: string, origin: string) {
    this.name = name;
    this.#origin = origin;
  }

  /** Makes the key, or a new version of it; the versioned id. */
  async rotate(name: string): Promise<string> {
    const made = await newVersion();
    this.#keys.set(name, [...(this.#keys.get(name) ?? []), made]);
    return this.#id(name, made);
  }

  /** https://NAME.vault.azure.net:PORT/keys/KEY, as fleet.yaml has it. */
  key(name: string): string {
    return `${this.#origin}/keys/${name}`;
  }

  set(
    id: string,
    change: Partial<Pick<KeyVersion, 'enabled' | 'createdAt' | 'expiresOn' | 'recoveryLevel'>>,
  ): void {
    Object.assign(this.#versionOf(id), change);
  }

  delete(name: string): void {
    this.#keys.delete(name);
  }

  /** The next `times` calls fail so; later faults wait for earlier ones. */
  fail(operation: Operation | 'any', fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#faults.push({ operation, fault, left: times });
  }

  heal(): void {
    this.#faults.length = 0;
  }

  /** @param path without query: /keys/NAME/VERSION[/wrapkey], /keys/NAME/versions; no version: the newest. */
  answer(method: string, path: string, body: string): Reply | 'hang' | 'reset' {
    const [, name = '', version = '', action] =
      /^\/keys\/([^/]+)(?:\/((?!wrapkey|unwrapkey)[^/]*))?(?:\/(wrapkey|unwrapkey))?$/.exec(path) ?? [];
    const operation = operationOf(version, action);
    if (name === '' || method !== (action === undefined ? 'GET' : 'POST'))
      return refusal(400, 'BadParameter');
    this.calls[operation] += 1;
    const fault = this.#faults.find((one) => one.left > 0 && ['any', operation].includes(one.operation));
    if (fault) {
      fault.left -= 1;
      return typeof fault.fault === 'string' ? fault.fault : faulty(fault.fault);
    }
    const versions = this.#keys.get(name) ?? [];
    if (operation === 'list') {
      if (versions.length === 0) return refusal(404, 'KeyNotFound');
      return {
        status: 200,
        body: { value: versions.map((one) => itemOf(this.#id(name, one), one)), nextLink: null },
      };
    }
    const key = version === '' ? versions.at(-1) : versions.find((one) => one.version === version);
    if (!key) return refusal(404, 'KeyNotFound');
    const id = this.#id(name, key);
    if (operation === 'getKey') return { status: 200, body: bundleOf(id, key) };
    return work(operation, key, id, body);
  }

  #id(name: string, { version }: KeyVersion): string {
    return `${this.key(name)}/${version}`;
  }

  #versionOf(id: string): KeyVersion {
    for (const [name, versions] of this.#keys) {
      const found = versions.find((one) => this.#id(name, one) === id);
      if (found) return found;
    }
    throw new Error(`the fake vault ${this.name} has no ${id}`);
  }
}

function operationOf(version: string, action: string | undefined): Operation {
  if (action !== undefined) return action === 'wrapkey' ? 'wrapKey' : 'unwrapKey';
  return version === 'versions' ? 'list' : 'getKey';
}

function work(operation: Operation, key: KeyVersion, id: string, body: string): Reply {
  if (!key.enabled) return refusal(403, 'Forbidden', 'KeyDisabled');
  // As the service does: what an expired version wrapped can still be unwrapped.
  if (operation === 'wrapKey' && key.expiresOn && key.expiresOn <= new Date())
    return refusal(403, 'Forbidden');
  const { alg, value } = JSON.parse(body) as { alg?: string; value?: string };
  if (alg !== 'RSA-OAEP-256' || value === undefined) return refusal(400, 'BadParameter');
  const given = Buffer.from(value, 'base64url');
  const made = operation === 'wrapKey' ? wrapWith(key, given) : unwrapWith(key, given);
  if (!made) return refusal(400, 'BadParameter');
  return { status: 200, body: { kid: id, value: made.toString('base64url') } };
}

function faulty({ status, retryAfter, innerError }: Exclude<Fault, string>): Reply {
  return {
    ...refusal(status, 'Injected', innerError),
    ...(retryAfter && { headers: { 'retry-after': retryAfter } }),
  };
}

function refusal(status: number, code: string, innerError?: string): Reply {
  const message = 'this is a fake Key Vault of tests, and this is its own sentence';
  return {
    status,
    body: { error: { code, message, ...(innerError && { innererror: { code: innerError } }) } },
  };
}
