/** What a full handshake shows of the other side. */
import { createHash, X509Certificate } from 'node:crypto';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { CertificateFacts } from '../answer.ts';
import { oneLine } from '../text.ts';

/** The chain is trusted and the name fits, but the key is none of those pinned. */
export class PinMismatch extends Error {
  readonly code = 'SPKI_PIN_MISMATCH';
  readonly spki: string;
  constructor(spki: string) {
    super('no pin matches');
    this.spki = spki;
  }
}

/** Name, then pins. Node calls it on full handshakes only, after the chain was found trusted. */
export function identityCheck(pins: string[]): (host: string, peer: PeerCertificate) => Error | undefined {
  return (host, peer) => {
    const wrongName = checkServerIdentity(host, peer);
    if (wrongName || pins.length === 0) return wrongName;
    const spki = spkiOf(new X509Certificate(peer.raw));
    return pins.includes(spki) ? undefined : new PinMismatch(spki);
  };
}

export function certificateFacts(certificate: X509Certificate, seenAt: number): CertificateFacts {
  return {
    notAfter: Date.parse(certificate.validTo),
    notBefore: Date.parse(certificate.validFrom),
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    spki: spkiOf(certificate),
    seenAt,
  };
}

function spkiOf(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64');
}

/** Node separates the parts by line breaks; the server chooses the text. */
function distinguishedName(text: string | undefined): string {
  return oneLine((text ?? '').replaceAll('\n', ', '), 200);
}
