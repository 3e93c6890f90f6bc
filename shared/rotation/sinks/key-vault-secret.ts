/**
 * A secret of Azure Key Vault as sink: `NAME` is what nodes read, `NAME-next` and `NAME-previous` are ours. A new version
 * replaces the one before at once for whoever asks for the newest.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Did, RotationFailure, Slot, Stamp, StoreSink } from '../rotation.ts';

/**
 * `disabled` the newest version is; `deleted` a deleted secret holds the name; `no-token` nobody signs us in;
 * `silent` no answer in time; `unreachable` none at all, or 5xx.
 */
export type SecretTrouble =
  | 'missing'
  | 'disabled'
  | 'deleted'
  | 'denied'
  | 'no-token'
  | 'throttled'
  | 'silent'
  | 'unreachable'
  | 'odd';

/** `status`: of HTTP, where there was an answer. */
export type Answered<T> = { ok: true; value: T } | { ok: false; trouble: SecretTrouble; status?: number };

/** The secrets of one vault: shared/compose/secret-calls.ts. Never rejects for what the vault or the network does. */
export interface SecretCalls {
  /** The newest version, whatever its dates: Key Vault goes on giving out expired ones (about-secrets). */
  get(name: string): Promise<Answered<{ version: string; value: string }>>;
  set(name: string, value: string, facts: SecretFacts): Promise<Answered<{ version: string }>>;
  disable(name: string, version: string): Promise<Answered<void>>;
}

export interface SecretFacts {
  expiresOn?: Date;
  tags: Record<string, string>;
  contentType: string;
}

export interface KeyVaultSecretSettings {
  name: string;
  /** https://VAULT.vault.azure.net */
  vault: string;
  secret: string;
  calls: SecretCalls;
}

const suffixes: Record<Slot, string> = { live: '', next: '-next', previous: '-previous' };

/** Needs `get` and `set` on secrets (roles: getSecret, setSecret, update), not `list`, not `delete`. */
export function createKeyVaultSecretSink(settings: KeyVaultSecretSettings): StoreSink & Required<StoreSink> {
  const { name, vault, secret, calls } = settings;
  const named = (slot: Slot): string => `${secret}${suffixes[slot]}`;
  const failed = (slot: Slot, { trouble, status }: Failed): Did<never> => {
    const { code, says } = words[trouble];
    const answer = status === undefined ? '' : ` (HTTP ${status})`;
    return { ok: false, code, detail: `sink "${name}": ${vault}/secrets/${named(slot)}: ${says}${answer}` };
  };

  /** The newest version; undefined: there is none that a reader would get. */
  async function newest(slot: Slot): Promise<Did<{ version: string; value: string } | undefined>> {
    const got = await calls.get(named(slot));
    if (got.ok) return { ok: true, value: got.value.value === '' ? undefined : got.value };
    const empty = got.trouble === 'missing' || got.trouble === 'disabled';
    return empty ? { ok: true, value: undefined } : failed(slot, got);
  }

  async function put(slot: Slot, value: string, stamp: Stamp): Promise<Did<string>> {
    const set = await calls.set(named(slot), value, factsOf(stamp));
    if (!set.ok) return failed(slot, set);
    return { ok: true, value: `version ${set.value.version}` };
  }

  return {
    name,
    holds: 'value',
    async read(slot) {
      const got = await calls.get(named(slot));
      // A node that starts now would be refused too: that is no empty place to fill without a word.
      if (!got.ok && got.trouble === 'disabled' && slot === 'live') return failed(slot, got);
      if (!got.ok)
        return got.trouble === 'missing' || got.trouble === 'disabled' ? nothing : failed(slot, got);
      return got.value.value === '' ? nothing : { ok: true, value: Buffer.from(got.value.value) };
    },
    async write(slot, value, stamp) {
      const text = value.toString();
      if (value.length === 0 || !sameBytes(Buffer.from(text), value)) return notText(name);
      const before = await newest(slot);
      if (!before.ok) return before;
      // A try of before may have come through: another version of the same would tell readers of a change.
      if (before.value && sameBytes(Buffer.from(before.value.value), value))
        return { ok: true, value: `version ${before.value.version}` };
      const written = await put(slot, text, stamp);
      if (!written.ok || slot === 'live' || !before.value) return written;
      const disabled = await calls.disable(named(slot), before.value.version);
      return disabled.ok ? written : failed(slot, disabled);
    },
    // Never deletes: with soft delete, which no vault is without, a deleted name takes no new version until it is purged.
    async clear(slot) {
      const before = await newest(slot);
      if (!before.ok) return before;
      if (!before.value) return { ok: true, value: undefined };
      const disabled = await calls.disable(named(slot), before.value.version);
      if (disabled.ok || disabled.trouble === 'missing') return { ok: true, value: undefined };
      return failed(slot, disabled);
    },
    async reference() {
      const got = await calls.get(named('live'));
      if (!got.ok) return failed('live', got);
      return { ok: true, value: `keyvault:${vault}/secrets/${secret}/${got.value.version}` };
    },
  };
}

type Failed = Extract<Answered<never>, { ok: false }>;

const nothing: Did<undefined> = { ok: true, value: undefined };

const words: Record<SecretTrouble, { code: RotationFailure; says: string }> = {
  missing: { code: 'wrong', says: 'there is no such secret' },
  disabled: {
    code: 'wrong',
    says: 'its newest version is disabled, so a node that starts now cannot read it: enable it, or write a new version',
  },
  deleted: {
    code: 'odd',
    says: 'a deleted secret of this name is in the way: recover it, or purge it',
  },
  denied: {
    code: 'denied',
    says: "rotate's identity may not do this: it needs get and set on secrets there (role: Key Vault Secrets Officer), and a way through the vault's firewall",
  },
  'no-token': { code: 'denied', says: "rotate's own identity gets no token for Key Vault" },
  throttled: { code: 'throttled', says: 'the vault asks to be called less often' },
  silent: { code: 'unreachable', says: 'the vault did not answer in time' },
  unreachable: {
    code: 'unreachable',
    says: "the vault cannot be reached or does not work: check its name, its network rules and Azure's status",
  },
  odd: { code: 'odd', says: 'the vault gave an answer that it never gives' },
};

/** No `notBefore`: a clock that is behind must not hide it. */
function factsOf({ rotation, cluster, kind, endsAt }: Stamp): SecretFacts {
  return {
    ...(endsAt !== undefined && { expiresOn: new Date(endsAt) }),
    tags: { 'sealwatch-rotation': rotation, 'sealwatch-cluster': cluster, 'sealwatch-kind': kind },
    contentType: 'text/plain',
  };
}

/** Zeroes the copy. */
function sameBytes(copy: Buffer, value: Buffer): boolean {
  const same = copy.length === value.length && timingSafeEqual(copy, value);
  copy.fill(0);
  return same;
}

function notText(name: string): Did<string> {
  const detail = `sink "${name}": the value is empty or no text: Key Vault would not give it back as it is`;
  return { ok: false, code: 'wrong', detail };
}
