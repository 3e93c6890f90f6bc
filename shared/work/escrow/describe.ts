/** What a person is shown before shares are bound: where they may go, who holds them, who could use them alone. */
import { X509Certificate } from 'node:crypto';
import type { TrustBinding } from '../../escrow/generation.ts';
import { fingerprint } from '../../escrow/trust.ts';
import type { CustodianEntry } from '../../fleet/fleet.ts';
import type { ImportView, NodeSeen } from './look.ts';

export function describeImport(view: ImportView): string[] {
  const { cluster, binding, seal, nodes, generation, follows } = view;
  const kind = seal.recoverySeal
    ? `recovery keys of a cluster that unseals by ${seal.type}: kept for people, never sent by automation`
    : 'unseal keys';
  return [
    seal.count === 1
      ? `${cluster.name}: one share, which is the key (${kind})`
      : `${cluster.name}: ${seal.count} shares, any ${seal.threshold} of them are the key (${kind})`,
    `They become generation ${generation}${follows ? `, after ${follows.generation}.${follows.revision}` : ''}.`,
    ...replacedLines(view),
    '',
    'Shares will go to these addresses and to no others:',
    ...nodes.map(nodeLine),
    ...trustLines(binding),
    '',
    'Who will hold them:',
    ...cluster.escrow.custodians.map(custodianLine),
    ...planLines(view),
  ];
}

function replacedLines({ cluster, follows }: ImportView): string[] {
  if (follows?.provenAt === undefined) return [];
  return [
    `THIS REPLACES A PROVEN GENERATION: ${follows.generation}.${follows.revision} unsealed a node on ${day(follows.provenAt)}; the new one has proven nothing.`,
    `Import only after a rekey, or to change who holds what. Until the new one is proven, an approver can go back: sealwatch escrow go-back --cluster ${cluster.name}`,
  ];
}

function nodeLine({ node, address, certificate, silent }: NodeSeen): string {
  if (silent !== undefined) return `  ${node}  ${address}  DOES NOT ANSWER: ${silent}`;
  if (!certificate) return `  ${node}  ${address}  answers, without TLS`;
  const { subject, issuer, spki, notAfter } = certificate;
  return `  ${node}  ${address}  answers: ${oneLine(subject)}, by ${oneLine(issuer)}, key ${spki}, until ${day(notAfter)}`;
}

function trustLines({ serverName, ca, pins, recovery }: TrustBinding): string[] {
  return [
    `Names: certificates must carry ${serverName ?? 'the host of the address'}`,
    ...(ca.length === 0
      ? [
          'CA: none named: every root that this system trusts may vouch for a node (tls.ca of fleet.yaml narrows it)',
        ]
      : ca.flatMap(authorityLines)),
    ...(pins.length === 0 ? [withoutPins(ca)] : pins.map((pin) => `Pin: ${pin}`)),
    ...(recovery
      ? [
          `Recovery: ${recovery.policy}, ${recovery.approvals} approval${recovery.approvals === 1 ? '' : 's'}, unknown seal cause: ${recovery.unknownSealCause}`,
        ]
      : []),
  ];
}

/** Names are the CA's word: only a pin asks for the node's own key. */
function withoutPins(ca: readonly string[]): string {
  const vouching = ca.length === 0 ? 'any such root' : ca.length === 1 ? 'this CA' : 'one of these CAs';
  return `Pins: none: whoever ${vouching} certifies for these names is taken for a node, and gets shares (tls.pins of fleet.yaml narrows it)`;
}

function authorityLines(der: string): string[] {
  const { subject, validTo } = new X509Certificate(Buffer.from(der, 'base64'));
  return [`CA: ${oneLine(subject)}, until ${day(Date.parse(validTo))}`, `    SHA-256 ${fingerprint(der)}`];
}

function custodianLine({ name, kind, key, shares, owner }: CustodianEntry): string {
  const by = kind === 'local' ? 'a passphrase: it and the blob are enough, nothing counts guesses' : key;
  return `  ${name}  share${shares.length === 1 ? '' : 's'} ${shares.join(', ')}  ${by ?? ''}${owner === undefined ? '' : `  (${owner})`}`;
}

function planLines({ plan, seal }: ImportView): string[] {
  const { reachAlone, singlePoints } = plan;
  return [
    reachAlone.length === 0
      ? `No custodian can reach the threshold of ${seal.threshold} alone.`
      : `ALONE ENOUGH for the key: ${reachAlone.join(', ')}. Whoever may use ${reachAlone.length === 1 ? 'it' : 'one of them'} can open the cluster.`,
    singlePoints.length === 0
      ? 'Any one custodian may be lost.'
      : `SINGLE POINT (escrow-single-point): without ${singlePoints.join(', or without ')} fewer than ${seal.threshold} shares are left.`,
  ];
}

/** Subjects come from servers: one line, no control characters. */
function oneLine(name: string): string {
  return name.replace(/\p{Cc}+/gu, ', ').slice(0, 300);
}

function day(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : 'an unknown day';
}
