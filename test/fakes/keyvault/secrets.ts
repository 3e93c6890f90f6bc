/** The secrets of one vault of the fake, with versions, attributes and tags, as the service keeps them. */
import { randomBytes } from 'node:crypto';
import { type Reply, refusal } from './reply.ts';

export type SecretOperation = 'getSecret' | 'setSecret' | 'updateSecret';

export interface SecretVersion {
  version: string;
  value: string;
  enabled: boolean;
  /** s */
  exp?: number;
  nbf?: number;
  tags: Record<string, string>;
  contentType?: string;
}

interface Sent {
  value?: string;
  contentType?: string;
  tags?: Record<string, string>;
  attributes?: { enabled?: boolean; exp?: number; nbf?: number };
}

export class FakeSecrets {
  readonly #origin: string;
  readonly #secrets = new Map<string, SecretVersion[]>();
  readonly #deleted = new Set<string>();
  /** Calls with a good token, by operation. */
  readonly calls: Record<SecretOperation, number> = { getSecret: 0, setSecret: 0, updateSecret: 0 };

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Oldest first: what may be changed behind a client's back. */
  versions(name: string): SecretVersion[] {
    return this.#secrets.get(name) ?? [];
  }

  names(): string[] {
    return [...this.#secrets.keys()];
  }

  /** A person's new version. */
  put(name: string, value: string, over: Partial<SecretVersion> = {}): SecretVersion {
    const version = { version: randomBytes(16).toString('hex'), value, enabled: true, tags: {}, ...over };
    this.#secrets.set(name, [...this.versions(name), version]);
    return version;
  }

  /** With soft delete: the name stays taken. */
  delete(name: string): void {
    this.#secrets.delete(name);
    this.#deleted.add(name);
  }

  operationOf(method: string, path: string): SecretOperation | undefined {
    const [, , , version = ''] = path.split('/');
    if (method === 'GET') return 'getSecret';
    if (method === 'PUT' && version === '') return 'setSecret';
    return method === 'PATCH' && version !== '' ? 'updateSecret' : undefined;
  }

  answer(operation: SecretOperation, path: string, body: string): Reply {
    this.calls[operation] += 1;
    const [, , name = '', version = ''] = path.split('/');
    const sent: Sent = body === '' ? {} : (JSON.parse(body) as Sent);
    if (operation === 'setSecret') return this.#set(name, sent);
    const versions = this.versions(name);
    const found = version === '' ? versions.at(-1) : versions.find((one) => one.version === version);
    if (!found) return refusal(404, 'SecretNotFound');
    if (operation === 'updateSecret') {
      Object.assign(found, sent.attributes, sent.tags && { tags: sent.tags });
      return { status: 200, body: { ...this.#bundle(name, found), value: undefined } };
    }
    if (!found.enabled) return refusal(403, 'Forbidden', 'SecretDisabled');
    return { status: 200, body: this.#bundle(name, found) };
  }

  #set(name: string, { value, contentType, tags, attributes }: Sent): Reply {
    if (this.#deleted.has(name)) return refusal(409, 'Conflict', 'ObjectIsDeletedButRecoverable');
    if (value === undefined || value.length > 25_600) return refusal(400, 'BadParameter');
    const made = this.put(name, value, {
      tags: tags ?? {},
      ...(contentType !== undefined && { contentType }),
      ...attributes,
    });
    return { status: 200, body: this.#bundle(name, made) };
  }

  #bundle(name: string, { version, value, enabled, exp, nbf, tags, contentType }: SecretVersion): object {
    return {
      value,
      id: `${this.#origin}/secrets/${name}/${version}`,
      contentType,
      attributes: { enabled, exp, nbf, recoveryLevel: 'Recoverable+Purgeable' },
      tags,
    };
  }
}
