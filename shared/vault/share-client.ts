/** Clients whose trust is a generation's, never fleet.yaml's (rule 2). */
import { X509Certificate } from 'node:crypto';
import type { TrustBinding } from '../escrow/generation.ts';
import type { VaultError } from './answer.ts';
import { vaultError } from './call.ts';
import { createSecretClient, type VaultClientSettings } from './undici-client.ts';
import type { ShareClient } from './unseal.ts';

export interface ShareClientSettings extends Omit<VaultClientSettings, 'address' | 'tls'> {
  /** PEM of the client certificate and its key: the one thing that still comes from fleet.yaml. */
  clientCertificate?: { cert: string; key: string };
}

export type OpenedShareClient = { ok: true; client: ShareClient } | { ok: false; error: VaultError };

const call = { method: 'POST', path: '/v1/sys/unseal' } as const;

/**
 * A client for one address of the binding. `tls-untrusted` where the address is not in the binding, or where a CA
 * certificate of it cannot be read. Plain HTTP to anything but loopback is refused by each call, unconnected.
 */
export function openShareClient(
  address: string,
  binding: TrustBinding,
  { clientCertificate, ...settings }: ShareClientSettings,
): OpenedShareClient {
  const refuse = (detail: string): OpenedShareClient => ({
    ok: false,
    error: vaultError(address, call, 'tls-untrusted', detail),
  });
  if (!binding.addresses.includes(address)) {
    return refuse('shares do not go there: the escrowed generation is bound to other addresses');
  }
  const ca = pemOf(binding.ca);
  if (ca === undefined) return refuse('a CA certificate of the escrowed generation cannot be read');
  const tls = {
    ...(ca !== '' && { ca }),
    ...(binding.serverName !== undefined && { serverName: binding.serverName }),
    ...clientCertificate,
    pins: binding.pins,
  };
  return { ok: true, client: createSecretClient({ ...settings, address, tls }) };
}

/** base64 DER → PEM; undefined where one is no certificate: OpenSSL would pass over it and trust the rest. */
function pemOf(certificates: readonly string[]): string | undefined {
  try {
    return certificates.map((der) => new X509Certificate(Buffer.from(der, 'base64')).toString()).join('');
  } catch {
    return undefined;
  }
}
