/** The issuer's signing keys: fetched late, kept, and fetched again when a token names one that is not there. */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { parseKeySet } from './jwks.ts';

export interface SigningKeys {
  /** `keys-unavailable`: none were ever fetched. */
  find(
    kid: string,
  ): Promise<{ ok: true; key: KeyObject } | { ok: false; code: 'token-key-unknown' | 'keys-unavailable' }>;
}

/** Fetches a key set. Adapter: ./jwks-http.ts. */
export type GetKeySet = (
  url: string,
) => Promise<{ ok: true; body: string } | { ok: false; recoverable: boolean; message: string }>;

export interface KeySourceOptions {
  url: string;
  issuer: string;
  tenant: string;
  get: GetKeySet;
  clock: Pick<Clock, 'elapsed'>;
  /** Told of each fetch that failed; the message names the host and the cause. */
  onFailure?: (message: string) => void;
}

/** Entra changes keys every few weeks, and says that they are to be looked up about once a day. */
const lifeMs = 24 * 60 * 60_000;
/** Anybody can send tokens with invented key ids: they cost the issuer one request a minute. */
const pauseMs = 60_000;
/** While there is nothing to go on with, a person waits. */
const firstPauseMs = 5000;

/** A refresh that fails changes nothing: the keys of before stay in force. One that succeeds replaces them all. */
export function createKeySource(options: KeySourceOptions): SigningKeys {
  const { clock } = options;
  let keys: Map<string, KeyObject> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    triedAt = clock.elapsed();
    const got = await fetchKeys(options);
    if (!got.ok) {
      options.onFailure?.(got.problem);
      return;
    }
    keys = got.keys;
    fetchedAt = clock.elapsed();
  }

  return {
    async find(kid) {
      const now = clock.elapsed();
      const wanted = !keys?.has(kid) || now - fetchedAt >= lifeMs;
      if (wanted && !running && now - triedAt >= (keys ? pauseMs : firstPauseMs)) {
        running = refresh().finally(() => {
          running = undefined;
        });
      }
      if (wanted) await running;
      const key = keys?.get(kid);
      if (key) return { ok: true, key };
      return { ok: false, code: keys ? 'token-key-unknown' : 'keys-unavailable' };
    },
  };
}

async function fetchKeys(options: KeySourceOptions): Promise<ReturnType<typeof parseKeySet>> {
  const { url, get } = options;
  const got = await get(url);
  if (!got.ok) return { ok: false, problem: `signing keys: ${got.message}` };
  const parsed = parseKeySet(got.body, options);
  return parsed.ok ? parsed : { ok: false, problem: `signing keys: ${new URL(url).host}: ${parsed.problem}` };
}
