/** Certificates of a PEM text. Of no room: what clients trust and what shares are bound to are read alike. */
import { X509Certificate } from 'node:crypto';

/**
 * Every certificate of a PEM text, whatever else is in it: Key Vault gives certificate and key in one. Undefined where
 * there is none, or one cannot be read: OpenSSL would pass over it and trust the rest, or nobody, of a file half written.
 */
export function certificatesIn(pem: string): X509Certificate[] | undefined {
  const begun = pem.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g)?.length ?? 0;
  const whole = pem.match(/-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----[^-]+-----END \1-----/g) ?? [];
  if (begun === 0 || whole.length !== begun) return undefined;
  try {
    return whole.map((one) => new X509Certificate(one));
  } catch {
    // Nothing of the cause: it can quote the PEM.
    return undefined;
  }
}
