/** Generations, custodians and clocks for the escrow tests. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { Calling } from '../../shared/escrow/call.ts';
import type {
  Custodian,
  CustodianError,
  CustodianErrorCode,
  CustodianResult,
  KeyFacts,
} from '../../shared/escrow/custodian.ts';
import type { Holding } from '../../shared/escrow/distribution.ts';
import type { Generation, GenerationIdentity, TrustBinding } from '../../shared/escrow/generation.ts';
import { sealGeneration } from '../../shared/escrow/seal-generation.ts';
import { Share } from '../../shared/escrow/share.ts';

export const night = Date.UTC(2026, 10, 22, 2, 0, 0);

export const trust: TrustBinding = {
  addresses: ['https://vault-0.example.com:8200', 'https://vault-1.example.com:8200'],
  serverName: 'vault.example.com',
  ca: [Buffer.alloc(80, 1).toString('base64')],
  pins: [Buffer.alloc(32, 2).toString('base64')],
  recovery: { policy: 'manual', approvals: 2, unknownSealCause: 'approval' },
};

export function identity(over: Partial<GenerationIdentity> = {}): GenerationIdentity {
  return { cluster: 'payments', generation: 1, kind: 'unseal', threshold: 3, count: 5, trust, ...over };
}

/** Buffers that tests keep: what is in them now. */
export interface Kept {
  share: Share;
  /** The share's own buffer. */
  bytes: Buffer;
  /** A copy of what was in it. */
  copy: Buffer;
}

/** A share of Vault: 32 random bytes and its number. */
export function share(index: number, length = 33): Kept {
  const bytes = Buffer.concat([randomBytes(length - 1), Buffer.from([index])]);
  return { share: new Share(index, bytes), bytes, copy: Buffer.from(bytes) };
}

export function bytesOf(one: Share): Buffer {
  return one.use((bytes) => Buffer.from(bytes));
}

/** Each way in which a secret could be written down. */
export function formsOf(secret: Buffer): string[] {
  const base64 = secret.toString('base64');
  return [
    secret.toString('latin1'),
    base64,
    base64.replace(/=+$/, ''),
    secret.toString('base64url'),
    secret.toString('hex'),
    secret.toString('hex').toUpperCase(),
    encodeURIComponent(base64),
    JSON.stringify([...secret]).slice(1, -1),
  ];
}

/** Time passes only where somebody waits for it, and then at once. */
export class InstantClock implements Clock {
  time = night;
  readonly slept: number[] = [];

  now(): number {
    return this.time;
  }

  elapsed(): number {
    return this.time;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    this.time += ms;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }

  after(): () => void {
    return () => undefined;
  }
}

export function calling(over: Partial<Calling> = {}): Calling {
  return { clock: new InstantClock(), timeoutMs: 10_000, ...over };
}

export function errorOf(
  code: CustodianErrorCode,
  over: Partial<CustodianError> = {},
): { ok: false; error: CustodianError } {
  return { ok: false, error: { code, message: `it is ${code}`, recoverable: false, ...over } };
}

/** Wraps with a key in memory: fast, and what happens in it can be told. */
export class MemoryCustodian implements Custodian {
  readonly name: string;
  readonly #kek = randomBytes(32);
  version = 1;
  unwraps = 0;
  /** Keys that it gave out, as the callers have them. */
  readonly given: Buffer[] = [];
  underWay = 0;
  mostUnderWay = 0;
  /** Undefined: works. Asked before each call. */
  failing: (call: 'wrap' | 'unwrap' | 'facts', keyId?: string) => CustodianResult<never> | undefined = () =>
    undefined;
  state: Partial<KeyFacts> = {};

  constructor(name: string) {
    this.name = name;
  }

  get keyId(): string {
    return `https://${this.name}.vault.azure.net/keys/escrow/${'0'.repeat(31)}${this.version}`;
  }

  async wrap(key: Buffer): ReturnType<Custodian['wrap']> {
    const failed = this.failing('wrap');
    if (failed) return failed;
    const cipher = createCipheriv('aes-256-gcm', this.#kek, Buffer.alloc(12)).setAAD(Buffer.from(this.keyId));
    const wrappedKey = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
    // As long as RSA's are.
    return {
      ok: true,
      value: {
        keyId: this.keyId,
        wrap: 'RSA-OAEP-256',
        wrappedKey: Buffer.concat([wrappedKey, Buffer.alloc(208)]),
      },
    };
  }

  async unwrap({
    keyId,
    wrap,
    wrappedKey,
  }: Parameters<Custodian['unwrap']>[0]): ReturnType<Custodian['unwrap']> {
    this.unwraps += 1;
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await new Promise((resolve) => setImmediate(resolve));
    this.underWay -= 1;
    const failed = this.failing('unwrap', keyId);
    if (failed) return failed;
    if (wrap !== 'RSA-OAEP-256' || wrappedKey.length !== 256) return errorOf('refused');
    const decipher = createDecipheriv('aes-256-gcm', this.#kek, Buffer.alloc(12)).setAAD(Buffer.from(keyId));
    decipher.setAuthTag(wrappedKey.subarray(32, 48));
    const key = decipher.update(wrappedKey.subarray(0, 32));
    try {
      decipher.final();
    } catch {
      return errorOf('refused');
    }
    this.given.push(key);
    return { ok: true, value: key };
  }

  async facts(keyId?: string): ReturnType<Custodian['facts']> {
    return (
      this.failing('facts', keyId) ?? {
        ok: true,
        value: { keyId: keyId ?? this.keyId, enabled: true, ...this.state },
      }
    );
  }
}

export interface Sealed {
  generation: Generation;
  shares: Kept[];
  custodians: Map<string, MemoryCustodian>;
  custodian(name: string): MemoryCustodian;
}

export const spread: Holding[] = [
  { name: 'alpha', shares: [1, 2] },
  { name: 'beta', shares: [3, 4] },
  { name: 'gamma', shares: [5] },
];

/** A sealed generation; its shares' own buffers are destroyed, their copies kept. */
export async function sealed(over: Partial<GenerationIdentity> = {}, holdings = spread): Promise<Sealed> {
  const about = identity(over);
  const shares = Array.from({ length: about.count }, (_, place) => share(place + 1));
  const custodians = new Map(holdings.map(({ name }) => [name, new MemoryCustodian(name)]));
  const made = await sealGeneration(
    {
      identity: about,
      shares: shares.map((one) => one.share),
      holdings,
      made: { createdAt: night, createdBy: 'local/ada' },
    },
    { custodians, random: randomBytes, calling: calling() },
  );
  if (!made.ok) throw new Error(made.problems.join('; '));
  for (const one of shares) one.share.destroy();
  return {
    generation: made.generation,
    shares,
    custodians,
    custodian(name) {
      const found = custodians.get(name);
      if (!found) throw new Error(`no custodian ${name}`);
      return found;
    },
  };
}

/** Answers nothing until its signal ends it. */
export function hanging(name: string): Custodian {
  const hang = (signal: AbortSignal) =>
    new Promise<{ ok: false; error: CustodianError }>((resolve) => {
      signal.addEventListener('abort', () => resolve(errorOf('timeout', { recoverable: true })));
    });
  return {
    name,
    wrap: (_key, signal) => hang(signal),
    unwrap: (_wrapped, signal) => hang(signal),
    facts: (_keyId, signal) => hang(signal),
  };
}
