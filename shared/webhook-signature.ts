/**
 * Standard Webhooks signature (standardwebhooks.com): base64 HMAC-SHA256 of "id.timestamp.body". One signature
 * for each key, so that a receiver can change its key without losing a message. Of no room: alerts and rotations both send.
 */
import { createHmac } from 'node:crypto';

interface Unsigned {
  headers: Record<string, string>;
  body: string;
}

/** Shortest key that the scheme allows, bytes. */
const shortestKey = 24;

/** The key's bytes of "whsec_<base64>"; undefined when it is anything else. */
export function parseSigningKey(text: string): Buffer | undefined {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text.trim())?.[1];
  if (encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= shortestKey ? key : undefined;
}

/**
 * @param id stable over retries: receivers drop a second one.
 * @param at time of this attempt, ms: receivers refuse old ones.
 */
export function signed(request: Unsigned, id: string, keys: Buffer[], at: number): Unsigned {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = keys.map((key) => {
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${request.body}`).digest('base64');
    return `v1,${mac}`;
  });
  const headers = {
    ...request.headers,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
  return { headers, body: request.body };
}
