/** Envelopes that are opened to be checked or moved: each is on record before its key is asked for. */
import type { Generation } from '../../escrow/generation.ts';
import type { OpenedKey } from '../../escrow/open.ts';
import type { RecoverDeps } from './deps.ts';

export interface Purpose {
  kind: 'verify' | 'rewrap' | 'rebind';
  /** Person.id, or `app:recover`. */
  who: string;
  name?: string;
  why: string;
  recovery?: string;
}

/** What `verify` and `reseal` call before each unwrap. Where nothing can be recorded it throws, and nothing is opened. */
export function recorded(
  { state, clock }: RecoverDeps,
  { cluster, generation, revision }: Pick<Generation, 'cluster' | 'generation' | 'revision'>,
  { kind, who, name, why, recovery }: Purpose,
): (key: OpenedKey) => Promise<void> {
  return ({ index, custodian, keyId }) =>
    state.audit.write({
      at: clock.now(),
      who,
      ...(name !== undefined && { name }),
      what: 'key-opened',
      cluster,
      ...(recovery !== undefined && { recovery }),
      why,
      facts: { kind, index, custodian, keyId, generation, revision },
    });
}
