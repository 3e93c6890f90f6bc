/** What a provider answers to those who make, hand over and end tokens, and how it is read. */
import { z } from 'zod';
import { inData, ok } from './node-requests.ts';
import { parseJson } from './read/json.ts';
import { type Read, readJson } from './read/json-answer.ts';
import { isToken } from './read/login-answer.ts';
import { reasonsOf } from './read/refusal.ts';
import type { Reply } from './transport/exchange.ts';

const short = z.string().max(300);
const token = z.string().refine(isToken);

const Wrapped = z.object({
  wrap_info: z.object({
    /** Opens what is wrapped, once. */
    token,
    /** Of the wrapping token. */
    accessor: short,
    /** Seconds. */
    ttl: z.number().min(0),
    /** RFC 3339. */
    creation_time: short,
    creation_path: short,
    /** Of the token inside, where there is one. */
    wrapped_accessor: short.optional(),
  }),
});
export type WrapInfo = z.infer<typeof Wrapped>['wrap_info'];

const WrappingLookup = z.object({ creation_path: short, creation_ttl: z.number().min(0) });
export type WrappingFacts = z.infer<typeof WrappingLookup>;

const Unwrapped = z.object({ auth: z.object({ client_token: token, accessor: short }) });

/** The receiver zeroes `token`. */
export interface UnwrappedToken {
  token: Buffer;
  accessor: string;
}

const Renewed = z.object({
  auth: z.object({ lease_duration: z.number().min(0), renewable: z.boolean() }),
});
export type RenewedToken = z.infer<typeof Renewed>['auth'];

/** In seconds. The fields without `token_` are those of roles from before Vault 1.2. */
const Role = z.object({
  orphan: z.boolean(),
  renewable: z.boolean(),
  token_period: z.number().min(0).optional(),
  period: z.number().min(0).optional(),
  token_explicit_max_ttl: z.number().min(0).optional(),
  explicit_max_ttl: z.number().min(0).optional(),
  allowed_policies: z.array(short).max(200).nullish(),
  allowed_policies_glob: z.array(short).max(200).nullish(),
  token_no_default_policy: z.boolean().optional(),
  token_type: short.optional(),
});
export type TokenRole = z.infer<typeof Role>;

const Accessors = z.object({ keys: z.array(short) });

export const readWrappingLookup = inData(WrappingLookup);
export const readRole = inData(Role);
const readKeys = inData(Accessors);

export function readAccessors(reply: Reply): Read<string[]> {
  const result = readKeys(reply);
  return 'body' in result ? { body: result.body.keys } : result;
}

export function readWrapped(reply: Reply): Read<WrapInfo> {
  return zeroing(reply, () => {
    const result = readJson(reply, Wrapped, ok, true);
    return 'body' in result ? { body: result.body.wrap_info } : result;
  });
}

export function readUnwrapped(reply: Reply): Read<UnwrappedToken> {
  return zeroing(reply, () => {
    const result = readJson(reply, Unwrapped, ok, true);
    if (!('body' in result)) return result;
    const { client_token, accessor } = result.body.auth;
    return { body: { token: Buffer.from(client_token), accessor } };
  });
}

export function readRenewed(reply: Reply): Read<RenewedToken> {
  return zeroing(reply, () => {
    const result = readJson(reply, Renewed, ok, true);
    return 'body' in result ? { body: result.body.auth } : result;
  });
}

const done = new Set([200, 204]);

/** For what has nothing to tell: 204, or 200 with JSON. A proxy's page of 200 is no answer. */
export function readDone(reply: Reply): Read<undefined> {
  const { status, chunks } = reply;
  if (status === 204) return { body: undefined };
  if (status === 200 && !parseJson(chunks))
    return { code: 'not-json', detail: 'HTTP 200, but the body is not JSON', facts: { status } };
  const result = readJson(reply, z.looseObject({ request_id: z.string() }), done, true);
  return 'body' in result ? { body: undefined } : result;
}

/** Older servers say it with 403 or 404. Source: vault/token_store.go, `handleUpdateLookupAccessor`. */
const goneStatuses = new Set([400, 403, 404]);

/** `undefined` where the server does not know the accessor (any more). */
export function orGone<T>(read: (reply: Reply) => Read<T>): (reply: Reply) => Read<T | undefined> {
  return (reply) => {
    if (goneStatuses.has(reply.status) && reasonsOf(reply.chunks, true)?.includes('invalid accessor'))
      return { body: undefined };
    return read(reply);
  };
}

function zeroing<T>({ chunks }: Reply, read: () => Read<T>): Read<T> {
  try {
    return read();
  } finally {
    for (const chunk of chunks) chunk.fill(0);
  }
}
