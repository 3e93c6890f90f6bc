/** Judge of certificates: from what the last full handshake showed. */
import { finding } from '../../finding.ts';
import { isHttps } from './nodes.ts';
import { type Judgement, nodeSubject, ofNodes, type Picture, present, unjudged } from './picture.ts';
import { iso, span } from './words.ts';

export function judgeCertificates(picture: Picture): Judgement[] {
  const { certificateWarningMs, certificateCriticalMs } = picture.cluster.thresholds;
  return [
    ofNodes('certificate-expiring', picture, (view) => {
      if (!isHttps(view)) return undefined;
      const { node, observed, state } = view;
      const certificate = observed?.certificate;
      if (!certificate) return unjudged(`the certificate of ${node.name} was not seen`);
      const left = certificate.notAfter - picture.now;
      if (left >= certificateWarningMs) return undefined;
      const expired = left <= 0;
      const day = iso(certificate.notAfter);
      const evidence = [
        `${certificate.subject}, issued by ${certificate.issuer}, SPKI ${certificate.spki}.`,
        expired ? `Expired ${span(-left)} ago.` : `${span(left)} left.`,
        `Seen ${iso(certificate.seenAt)}.`,
      ];
      const explained = state.name === 'tls' && state.error.code === 'tls-expired';
      return present(
        finding(
          'certificate-expiring',
          nodeSubject(view),
          expired
            ? `the certificate of ${node.name} expired ${day}`
            : `the certificate of ${node.name} expires ${day}`,
          evidence,
          {
            severity: left < certificateCriticalMs ? 'critical' : 'warning',
            ...(expired
              ? { meaning: 'Every client that verifies certificates is cut off from this node.' }
              : {}),
            ...(explained ? { under: 'node-tls' as const } : {}),
          },
        ),
      );
    }),
  ];
}
