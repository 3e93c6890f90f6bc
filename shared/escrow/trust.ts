/** Where the shares of a cluster may go (rule 2), and how fleet.yaml differs from it by now. Pure. */
import { createHash } from 'node:crypto';
import { certificatesIn } from '../certificates.ts';
import type { TrustBinding } from './generation.ts';

/** What fleet.yaml says of a cluster, its references resolved. */
export interface TrustNow {
  /** Origins of the nodes. */
  addresses: string[];
  serverName?: string | undefined;
  /** PEM; undefined: the system's roots. */
  ca?: string | undefined;
  pins: string[];
  recovery: NonNullable<TrustBinding['recovery']>;
}

/** In its one form: the same trust gives the same binding, however fleet.yaml orders and formats it. */
export function bindingOf({
  addresses,
  serverName,
  ca,
  pins,
  recovery,
}: TrustNow): { ok: true; binding: TrustBinding } | { ok: false; problem: string } {
  const certificates = ca === undefined ? [] : certificatesIn(ca);
  // Without this, a CA file that lost its certificates would mean every root of the system.
  if (!certificates) {
    return { ok: false, problem: 'tls.ca of fleet.yaml is not PEM certificates: put whole ones in place' };
  }
  const binding: TrustBinding = {
    addresses: sortedOnce(
      addresses.map((address) => (URL.canParse(address) ? new URL(address).origin : address)),
    ),
    ...(serverName !== undefined && { serverName: serverName.toLowerCase() }),
    ca: sortedOnce(certificates.map(({ raw }) => raw.toString('base64'))),
    pins: sortedOnce(pins),
    recovery: {
      policy: recovery.policy,
      approvals: recovery.approvals,
      unknownSealCause: recovery.unknownSealCause,
    },
  };
  return { ok: true, binding };
}

/** In which fields `now` differs from what was bound, in words; empty: recovery may use it. */
export function differences(bound: TrustBinding, now: TrustBinding): string[] {
  return [
    ...changes('address', bound.addresses, now.addresses, (address) => address),
    ...serverNames(bound.serverName, now.serverName),
    ...certificateChanges(bound.ca, now.ca),
    ...pinChanges(bound.pins, now.pins),
    ...looser(bound.recovery, now.recovery),
  ];
}

/** SHA-256 of a certificate's DER (base64) as browsers and openssl show it: AB:CD:… */
export function fingerprint(der: string): string {
  const hex = createHash('sha256').update(Buffer.from(der, 'base64')).digest('hex').toUpperCase();
  return (hex.match(/../g) ?? []).join(':');
}

function serverNames(bound: string | undefined, now: string | undefined): string[] {
  if (bound === now) return [];
  const say = (name: string | undefined) => name ?? 'not set';
  return [`tls.serverName changed from ${say(bound)} to ${say(now)}`];
}

function certificateChanges(bound: string[], now: string[]): string[] {
  const roots =
    bound.length > 0 && now.length === 0
      ? ["tls.ca was taken away: the system's roots would be trusted"]
      : bound.length === 0 && now.length > 0
        ? ["tls.ca was added: until now the system's roots were trusted"]
        : [];
  return [...roots, ...changes('CA', bound, now, (der) => `SHA-256 ${fingerprint(der)}`)];
}

function pinChanges(bound: string[], now: string[]): string[] {
  const gone =
    bound.length > 0 && now.length === 0
      ? ['tls.pins were taken away: any key of the CA would be trusted']
      : [];
  return [...gone, ...changes('pin', bound, now, (pin) => pin)];
}

function changes(what: string, bound: string[], now: string[], say: (value: string) => string): string[] {
  return [
    ...now.filter((value) => !bound.includes(value)).map((value) => `${what} added: ${say(value)}`),
    ...bound.filter((value) => !now.includes(value)).map((value) => `${what} removed: ${say(value)}`),
  ];
}

const strictest: NonNullable<TrustBinding['recovery']> = {
  policy: 'manual',
  approvals: 2,
  unknownSealCause: 'approval',
};

/** Tightening is always allowed; a binding that says nothing counts as the strictest. */
function looser(bound = strictest, now = strictest): string[] {
  const said: string[] = [];
  if (bound.policy === 'manual' && now.policy === 'automatic') {
    said.push('recovery.policy was loosened from manual to automatic');
  }
  if (now.approvals < bound.approvals) {
    said.push(`recovery.approvals was loosened from ${bound.approvals} to ${now.approvals}`);
  }
  if (bound.unknownSealCause === 'approval' && now.unknownSealCause === 'automatic') {
    said.push('unknownSealCause was loosened from approval to automatic');
  }
  return said;
}

function sortedOnce(values: string[]): string[] {
  return [...new Set(values)].sort();
}
