/**
 * One TLS context for all clients with the same trust. Making one parses every certificate of the bundle:
 * a thousand nodes that share a CA would pay that a thousand times, in time and in memory.
 */
import { createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { TlsSettings } from './settings.ts';

/** Held weakly: a context lives as long as a client that uses it. Keyed by hash: no key stays in a map. */
const contexts = new Map<string, WeakRef<SecureContext>>();

/** Throws what OpenSSL throws when `ca`, `cert` or `key` is not PEM, or key and certificate do not belong together. */
export function secureContext(tls: TlsSettings): SecureContext {
  const { ca, cert, key } = tls;
  const hash = createHash('sha256')
    .update(JSON.stringify([ca, cert, key]))
    .digest('base64');
  const known = contexts.get(hash)?.deref();
  if (known) return known;
  for (const [other, reference] of contexts) if (!reference.deref()) contexts.delete(other);
  const context = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  contexts.set(hash, new WeakRef(context));
  return context;
}
