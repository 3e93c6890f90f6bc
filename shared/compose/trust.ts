/** `tls` of a cluster in fleet.yaml → what its clients trust and show, or why that cannot be had. */
import { createPrivateKey } from 'node:crypto';
import { certificatesIn } from '../certificates.ts';
import type { Tls } from '../fleet/fleet.ts';
import { secureContext } from '../vault/transport/secure-context.ts';
import type { TlsSettings } from '../vault/transport/settings.ts';

export type ResolveText = (
  reference: string,
) => Promise<{ ok: true; value: string } | { ok: false; message: string }>;

/** `problem` names the field and the reference's trouble, never a value. */
export type Trust = { ok: true; tls: TlsSettings } | { ok: false; problem: string };

/** References resolved, all at once; not looked into. */
export async function readTrust(
  { ca, clientCertificate, clientKey, serverName, pins }: Tls,
  resolve: ResolveText,
): Promise<Trust> {
  const read = async (field: string, reference: string | undefined) => {
    if (reference === undefined) return undefined;
    const result = await resolve(reference);
    return result.ok ? result : { ok: false as const, problem: unreadable(field, result.message) };
  };
  const parts = await Promise.all([
    read('tls.ca', ca),
    read('tls.clientCertificate', clientCertificate),
    read('tls.clientKey', clientKey),
  ]);
  const failed = parts.find((part) => part?.ok === false);
  if (failed?.ok === false) return failed;
  const [trusted, cert, key] = parts.map((part) => (part?.ok ? part.value : undefined));
  const tls = {
    ...(trusted !== undefined && { ca: trusted }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName && { serverName }),
    pins,
  };
  return { ok: true, tls };
}

/** Read, and looked into. */
export async function readUsableTrust(tls: Tls, resolve: ResolveText): Promise<Trust> {
  const trust = await readTrust(tls, resolve);
  const problem = trust.ok ? trustProblem(trust.tls) : undefined;
  return problem === undefined ? trust : { ok: false, problem };
}

/**
 * Why no connection can be made with these. Certificate and key are replaced one after the other: in between they are
 * two good halves that do not belong together.
 */
export function trustProblem(tls: TlsSettings): string | undefined {
  const { ca, cert, key } = tls;
  if (ca !== undefined && !certificatesIn(ca)) return unreadable('tls.ca', 'it is not PEM certificates');
  const shown = cert === undefined ? undefined : certificatesIn(cert);
  if (cert !== undefined && !shown) {
    return unreadable('tls.clientCertificate', 'it is not PEM certificates');
  }
  const privateKey = key === undefined ? undefined : parsed(() => createPrivateKey(key));
  if (key !== undefined && !privateKey) {
    return unreadable('tls.clientKey', 'it is not a PEM private key without a passphrase');
  }
  // The first certificate is the client's own; those of its chain follow.
  if (privateKey && shown?.[0]?.checkPrivateKey(privateKey) === false) {
    return 'tls.clientKey of fleet.yaml does not belong to tls.clientCertificate: put both of one pair in place';
  }
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return parsed(() => secureContext(tls)) ? undefined : unreadable('tls', 'OpenSSL takes no such keys');
}

function unreadable(field: string, why: string): string {
  return `${field} of fleet.yaml cannot be read: ${why}`;
}

/** Nothing of the cause: it can quote the PEM. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
