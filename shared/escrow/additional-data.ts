/**
 * What an envelope authenticates besides its ciphertext (rule 5): one byte sequence for one meaning. Every text is
 * preceded by its length and every list by its count, so that no two sets of fields give the same bytes.
 */
import type { Envelope, GenerationIdentity, TrustBinding } from './generation.ts';

const domain = 'sealwatch/escrow/envelope/1';

export function additionalData(
  identity: GenerationIdentity,
  envelope: Pick<Envelope, 'index' | 'custodian' | 'keyId' | 'wrap'>,
): Buffer {
  return Buffer.concat([
    text(domain),
    text(identity.cluster),
    number(identity.generation),
    text(identity.kind),
    number(envelope.index),
    number(identity.count),
    number(identity.threshold),
    ...trust(identity.trust),
    text(envelope.custodian),
    text(envelope.keyId),
    text(envelope.wrap),
  ]);
}

function trust({ addresses, serverName, ca, pins, recovery }: TrustBinding): Buffer[] {
  return [
    ...list(addresses),
    ...list(serverName === undefined ? [] : [serverName]),
    ...list(ca),
    ...list(pins),
    ...list(recovery ? [recovery.policy, String(recovery.approvals), recovery.unknownSealCause] : []),
  ];
}

function list(values: string[]): Buffer[] {
  return [number(values.length), ...values.map(text)];
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([number(bytes.length), bytes]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
