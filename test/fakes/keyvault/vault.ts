/** One vault of the fake: its keys and secrets, what goes wrong in it, and how often it was called. */
import { bundleOf, itemOf, type KeyVersion, newVersion, unwrapWith, wrapWith } from './key.ts';
import { type Reply, refusal } from './reply.ts';
import { FakeSecrets, type SecretOperation } from './secrets.ts';

export type Operation = 'getKey' | 'wrapKey' | 'unwrapKey' | 'list' | 'rotate';

/** What an operation does instead of its work. `lost`: its work, and then no answer. `echo`: 200 with what it was sent. */
export type Fault =
  | { status: number; retryAfter?: string; innerError?: string }
  | 'hang'
  | 'reset'
  | 'lost'
  | 'echo';

export class FakeVault {
  readonly name: string;
  readonly #origin: string;
  readonly #keys = new Map<string, KeyVersion[]>();
  readonly #faults: { operation: Operation | SecretOperation | 'any'; fault: Fault; left: number }[] = [];
  readonly secrets: FakeSecrets;
  /** Calls with a good token, by operation. */
  readonly calls: Record<Operation, number> = { getKey: 0, wrapKey: 0, unwrapKey: 0, list: 0, rotate: 0 };
  /** Calls without a token, each answered with the challenge. */
  challenges = 0;
  /** Its clock, ms. */
  now = (): number => Date.now();

  constructor(name: string, origin: string) {
    this.name = name;
    this.#origin = origin;
    this.secrets = new FakeSecrets(origin);
  }

  /** Makes the key, or a new version of it; the versioned id. */
  async rotate(name: string): Promise<string> {
    const made = await newVersion(new Date(this.now()));
    this.#keys.set(name, [...(this.#keys.get(name) ?? []), made]);
    return this.#id(name, made);
  }

  /** https://NAME.vault.azure.net:PORT/keys/KEY, as fleet.yaml has it. */
  key(name: string): string {
    return `${this.#origin}/keys/${name}`;
  }

  set(
    id: string,
    change: Partial<Pick<KeyVersion, 'enabled' | 'createdAt' | 'updatedAt' | 'expiresOn' | 'recoveryLevel'>>,
  ): void {
    Object.assign(this.#versionOf(id), { updatedAt: new Date(this.now()) }, change);
  }

  isEnabled(id: string): boolean {
    return this.#versionOf(id).enabled;
  }

  delete(name: string): void {
    this.#keys.delete(name);
  }

  /** The next `times` calls fail so; later faults wait for earlier ones. */
  fail(operation: Operation | SecretOperation | 'any', fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#faults.push({ operation, fault, left: times });
  }

  heal(): void {
    this.#faults.length = 0;
  }

  /** Versioned ids of a key, the newest last. */
  versionsOf(name: string): string[] {
    return (this.#keys.get(name) ?? []).map((one) => this.#id(name, one));
  }

  /** @param path without query: /keys/NAME/VERSION[/wrapkey], /keys/NAME/{versions,rotate}; no version: the newest. */
  async answer(method: string, path: string, body: string): Promise<Reply | 'hang' | 'reset' | 'echo'> {
    if (path.startsWith('/secrets/')) {
      const operation = this.secrets.operationOf(method, path);
      if (operation === undefined) return refusal(400, 'BadParameter');
      return this.#unlessFault(operation, async () => this.secrets.answer(operation, path, body));
    }
    const [, name = '', version = '', action] =
      /^\/keys\/([^/]+)(?:\/((?!wrapkey|unwrapkey|rotate)[^/]*))?(?:\/(wrapkey|unwrapkey|rotate))?$/.exec(
        path,
      ) ?? [];
    const operation = operationOf(version, action);
    if (name === '' || method !== (action === undefined ? 'GET' : 'POST'))
      return refusal(400, 'BadParameter');
    this.calls[operation] += 1;
    return this.#unlessFault(operation, async () => this.#ofKey(operation, name, version, body));
  }

  async #ofKey(operation: Operation, name: string, version: string, body: string): Promise<Reply> {
    const versions = this.#keys.get(name) ?? [];
    if (operation === 'list') {
      if (versions.length === 0) return refusal(404, 'KeyNotFound');
      return {
        status: 200,
        body: { value: versions.map((one) => itemOf(this.#id(name, one), one)), nextLink: null },
      };
    }
    if (operation === 'rotate') {
      if (versions.length === 0) return refusal(404, 'KeyNotFound');
      await this.rotate(name);
      return this.#ofKey('getKey', name, '', body);
    }
    const key = version === '' ? versions.at(-1) : versions.find((one) => one.version === version);
    if (!key) return refusal(404, 'KeyNotFound');
    const id = this.#id(name, key);
    if (operation === 'getKey') return { status: 200, body: bundleOf(id, key) };
    return work(operation, key, id, body);
  }

  async #unlessFault(
    operation: Operation | SecretOperation,
    act: () => Promise<Reply>,
  ): Promise<Reply | 'hang' | 'reset' | 'echo'> {
    const fault = this.#faults.find((one) => one.left > 0 && ['any', operation].includes(one.operation));
    if (!fault) return act();
    fault.left -= 1;
    if (fault.fault === 'lost') {
      await act();
      return 'reset';
    }
    return typeof fault.fault === 'string' ? fault.fault : faulty(fault.fault);
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
  if (action === 'rotate') return 'rotate';
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
