/** A certificate that an application signs in with: RSA, as Entra wants it. PEM, worth nothing. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};

export async function appCertificate(life: { notBefore: Date; notAfter: Date }): Promise<{
  certPem: string;
  keyPem: string;
}> {
  const keys = await webcrypto.subtle.generateKey(rsa, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: [{ CN: ['vault seal'] }],
    ...life,
    signingAlgorithm: rsa,
    keys,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certPem: certificate.toString('pem'),
    keyPem: PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag),
  };
}
