import { X509Certificate } from 'node:crypto';
import { isReference } from '../reference.ts';
import { mostPins } from '../schema/tls.ts';
import type { Check } from './check.ts';

/** Certificates can be read, and a client certificate and its key come together. */
export const checkTls: Check = ({ draft, report, reportKey }) => {
  // Clusters may share a block: each text is read once.
  const verdicts = new Map<string, boolean>();
  const readable = (pem: string) => {
    const known = verdicts.get(pem) ?? holdsCertificates(pem);
    verdicts.set(pem, known);
    return known;
  };
  for (const [name, { tls }] of Object.entries(draft.clusters ?? {})) {
    if (tls === undefined) continue;
    const path = ['clusters', name, 'tls'];
    if (tls.pins !== undefined && tls.pins.length > mostPins)
      report([...path, 'pins'], `must hold at most ${mostPins} pins, not ${tls.pins.length}`);
    for (const field of ['ca', 'clientCertificate'] as const) {
      const pem = tls[field];
      if (pem !== undefined && !isReference(pem) && !readable(pem))
        report(
          [...path, field],
          'holds a certificate that cannot be read: is the PEM text complete and indented evenly?',
        );
    }
    if (tls.clientCertificate !== undefined && tls.clientKey === undefined)
      reportKey([...path, 'clientCertificate'], 'needs clientKey beside it');
    if (tls.clientKey !== undefined && tls.clientCertificate === undefined)
      reportKey([...path, 'clientKey'], 'needs clientCertificate beside it');
  }
};

function holdsCertificates(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const begun = pem.split('-----BEGIN ').length - 1;
  return blocks.length > 0 && blocks.length === begun && blocks.every(isCertificate);
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
