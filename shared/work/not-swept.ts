/** Why a cluster was not swept, in words that may go into a message. */
import { StateError } from '../state/errors.ts';

/** Ours: the message names the thing, and holds nothing that came from outside. */
export class NotSwept extends Error {
  override name = 'NotSwept';
}

/** Text of an error that we did not make may hold anything, a signed URL for one: that is for the redacting log. */
export function reasonOf(error: unknown): string {
  if (error instanceof StateError || error instanceof NotSwept) return error.message;
  return `${error instanceof Error ? error.name : 'an error'}: see the log`;
}
