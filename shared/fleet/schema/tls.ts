import { z } from 'zod';
import { secret, valueOrReference } from './secret.ts';
import { matching } from './text.ts';

export const mostPins = 10;
const begin = '-----BEGIN CERTIFICATE-----';

function pem(value: string): string | undefined {
  if (value.includes('PRIVATE KEY'))
    return 'must hold certificates only: a private key is a secret and goes to clientKey';
  if (value.trimStart().startsWith(begin)) return undefined;
  return value.startsWith('/')
    ? 'must be PEM text or a reference: write file: before the path'
    : `must be PEM text that begins with ${begin}, or a reference`;
}

export const tls = z
  .strictObject({
    ca: valueOrReference(
      "Certificates that the nodes' certificates must lead to. Default: the system's roots.",
      pem,
    ).exactOptional(),
    clientCertificate: valueOrReference(
      'Certificate that Sealwatch shows to the nodes; needs clientKey.',
      pem,
    ).exactOptional(),
    clientKey: secret('Private key (PEM) of clientCertificate.', 'a private key').exactOptional(),
    serverName: matching(
      /^(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*$/,
      { description: "Name to send (SNI) and to expect in the certificate, instead of the address's host." },
      'must be a host name in lower case, without port',
    ).exactOptional(),
    pins: z
      .array(
        matching(
          /^[A-Za-z0-9+/]{43}=$/,
          { description: 'base64 of a SHA-256: 44 characters.' },
          'must be the base64 of a SHA-256 (44 characters, ends with "=")',
        ),
      )
      .meta({
        description: "SHA-256 pins of public keys (SPKI); the node's certificate must match one of them.",
        maxItems: mostPins,
      })
      .prefault([]),
  })
  .meta({ description: 'How the nodes prove who they are, and Sealwatch to them.' });
