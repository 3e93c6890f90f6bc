import { BlockList, isIP } from 'node:net';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
// The same IPv4 range as IPv4-compatible addresses hold it (RFC 4291, 2.5.5.1)…
linkLocal.addSubnet('::a9fe:0', 112, 'ipv6');
// …as a NAT64 gateway would reach it (RFC 6052)…
linkLocal.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
// …and a 6to4 one (RFC 3056).
linkLocal.addSubnet('2002:a9fe::', 32, 'ipv6');

const localTranslation = new BlockList();
localTranslation.addSubnet('64:ff9b:1::', 48, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether an IP address is link-local: 169.254/16 (instance metadata lives there), fe80::/10, and the forms in which
 * IPv6 carries the first. Takes brackets and zones; a name is not an IP address and answers false. Rule 16: refused
 * at connect.
 */
export function isLinkLocal(ip: string): boolean {
  return contains(linkLocal, ip) || (contains(localTranslation, ip) && translatesToLinkLocal(bare(ip)));
}

/** Whether a host is this machine: localhost, 127/8 or ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || contains(loopback, host);
}

function contains(list: BlockList, host: string): boolean {
  const address = bare(host);
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
}

/**
 * Inside 64:ff9b:1::/48, given to NAT64 gateways of one's own (RFC 8215), a gateway's prefix may be 48, 56, 64 or 96
 * bits long: the IPv4 address stands elsewhere each time (RFC 6052, 2.2).
 */
function translatesToLinkLocal(ip: string): boolean {
  const hex = groups(ip)
    .map((group) => group.padStart(4, '0'))
    .join('');
  // Digits 16 and 17 are the reserved octet, zero in all but the last form.
  return (
    hex.startsWith('a9fe', 12) ||
    hex.startsWith('a900fe', 14) ||
    hex.startsWith('00a9fe', 16) ||
    hex.startsWith('a9fe', 24)
  );
}

/** The eight groups of an IPv6 address, however it is written. */
function groups(ip: string): string[] {
  const [head = '', tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const parts = (text: string) => (text === '' ? [] : text.split(':'));
  if (tail === undefined) return parts(head);
  const [before, after] = [parts(head), parts(tail)];
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}
