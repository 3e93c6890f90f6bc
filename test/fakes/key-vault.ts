/**
 * A fake of Key Vault, only as much of it as reading a secret takes: the anonymous first call that is challenged,
 * and the one with a token. It is no Key Vault: it keeps nothing and knows one token.
 */
import { type Endpoint, startEndpoint } from './hostile/endpoint.ts';
import type { IssuedCertificate } from './pki.ts';

/** The SDK takes a challenge only from a host below the resource that it names. */
export const vaultHost = 'sealwatch.vault.example.test';
const resource = 'https://vault.example.test';

/** @param secrets by path: `/secrets/NAME/` or `/secrets/NAME/VERSION`. */
export function startKeyVault(
  certificate: IssuedCertificate,
  token: string,
  secrets: Record<string, string>,
): Promise<Endpoint> {
  const challenge = `Bearer authorization="https://login.example.test/tenant", resource="${resource}"`;
  return startEndpoint({
    certificate,
    behaviour({ path, headers }, response) {
      const place = path.split('?')[0] ?? '';
      const value = secrets[place];
      const json = { 'content-type': 'application/json' };
      if (headers.authorization === undefined) {
        response.writeHead(401, { ...json, 'www-authenticate': challenge }).end('{}');
      } else if (headers.authorization !== `Bearer ${token}`) {
        response.writeHead(403, json).end('{"error": {"code": "Forbidden"}}');
      } else if (value === undefined) {
        response.writeHead(404, json).end('{"error": {"code": "SecretNotFound"}}');
      } else {
        const id = `https://${vaultHost}${place.replace(/\/$/, `/${'0'.repeat(32)}`)}`;
        response.writeHead(200, json).end(JSON.stringify({ value, id, attributes: { enabled: true } }));
      }
    },
  });
}
