/**
 * A small certificate authority for tests, the live-server launcher and the demo. ECDSA P-256 all the way:
 * a key costs under a millisecond. Its keys are made anew each time and worth nothing.
 */
import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface IssueRequest {
  /** DNS names and IP addresses; the first is also the subject's common name. */
  names: string[];
  /** Default: an hour ago. */
  notBefore?: Date;
  /** Default: a year from now. */
  notAfter?: Date;
  /** Also usable as a client certificate. */
  clientAuth?: boolean;
}

export interface IssuedCertificate {
  certPem: string;
  /** PKCS#8. */
  keyPem: string;
  /** base64 SHA-256 of the SubjectPublicKeyInfo, as `tls.pins` takes it. */
  spki: string;
}

export interface TestAuthority {
  certPem: string;
  issue(request: IssueRequest): Promise<IssuedCertificate>;
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hour = 3_600_000;

/** A self-signed root called `name`, ten years long. */
export async function createAuthority(name: string): Promise<TestAuthority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [name] }],
    notBefore: new Date(Date.now() - 24 * hour),
    notAfter: new Date(Date.now() + 10 * 365 * 24 * hour),
    signingAlgorithm: ecdsa,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(request: IssueRequest): Promise<IssuedCertificate> {
    const leafKeys = await newKeys();
    const usages = [
      ExtendedKeyUsage.serverAuth,
      ...(request.clientAuth ? [ExtendedKeyUsage.clientAuth] : []),
    ];
    const leaf = await X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: [{ CN: [request.names[0] ?? 'unnamed'] }],
      issuer: certificate.subject,
      notBefore: request.notBefore ?? new Date(Date.now() - hour),
      notAfter: request.notAfter ?? new Date(Date.now() + 365 * 24 * hour),
      signingAlgorithm: ecdsa,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(usages),
        new SubjectAlternativeNameExtension(
          request.names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
        ),
        await AuthorityKeyIdentifierExtension.create(keys.publicKey),
        await SubjectKeyIdentifierExtension.create(leafKeys.publicKey),
      ],
    });
    const spki = await webcrypto.subtle.exportKey('spki', leafKeys.publicKey);
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey);
    return {
      certPem: leaf.toString('pem'),
      keyPem: PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag),
      spki: createHash('sha256').update(Buffer.from(spki)).digest('base64'),
    };
  }

  return { certPem: certificate.toString('pem'), issue };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
}

/** Positive and not starting with a zero byte, as RFC 5280 wants it. */
function serial(): string {
  return `4${randomBytes(15).toString('hex').slice(1)}`;
}
