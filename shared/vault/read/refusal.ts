/** A status that a path does not have: Vault's own words about it, and where it points. */
import { z } from 'zod';
import type { VaultError } from '../answer.ts';
import { oneLine } from '../text.ts';
import { parseJson } from './json.ts';

const Errors = z.object({ errors: z.array(z.string()).nonempty() });

/**
 * Answers to requests with a token may echo it in any disguise: of those only these sentences of Vault's
 * pass, word by word. Source: vault/logical_system_raft.go, http/handler.go, sdk/logical/error.go.
 */
const knownReasons = new Set([
  'permission denied',
  'invalid token',
  'missing client token',
  'invalid accessor',
  'Vault is sealed',
  'Vault is not initialized',
  'raft storage is not in use',
  'autopilot is not supported with in-memory storage',
  'local node not active but active cluster node not found',
]);

/** At most 3 reasons of 200 characters; undefined when the body is not Vault's `{"errors": [...]}`. */
export function reasonsOf(chunks: Buffer[], secret: boolean): string[] | undefined {
  const body = Errors.safeParse(parseJson(chunks)?.json);
  if (!body.success) return undefined;
  const reasons = secret
    ? [...new Set(body.data.errors.flatMap(knownPart))]
    : body.data.errors.map((reason) => oneLine(reason, 200));
  return reasons.length > 0 ? reasons.slice(0, 3) : undefined;
}

/** Vault wraps it: "1 error occurred:\n\t* permission denied\n\n". */
function knownPart(reason: string): string[] {
  const core = oneLine(reason, 200).replace(/^1 error occurred: \* /, '');
  return knownReasons.has(core) ? [core] : [];
}

/** `{status, location, reasons}` of an `http` error, and a detail for its message. */
export function refusal(
  reply: { status: number; location: string | undefined; chunks: Buffer[] },
  secret: boolean,
): { detail: string; facts: Pick<VaultError, 'status' | 'location' | 'reasons'> } {
  const { status } = reply;
  const reasons = reasonsOf(reply.chunks, secret);
  const location = secret || status < 300 || status > 399 ? undefined : hostOf(reply.location);
  return {
    detail: `HTTP ${status}${location === undefined ? '' : `, points to ${location} (not followed)`}${reasons ? ` (${reasons.join('; ')})` : ''}`,
    facts: {
      status,
      ...(location === undefined ? {} : { location }),
      ...(reasons ? { reasons } : {}),
    },
  };
}

function hostOf(location: string | undefined): string | undefined {
  if (location === undefined || !URL.canParse(location)) return undefined;
  return oneLine(new URL(location).host, 255) || undefined;
}
