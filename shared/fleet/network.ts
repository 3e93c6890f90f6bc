import { BlockList, isIP } from 'node:net';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
// The same IPv4 range as a NAT64 gateway would reach it (RFC 6052).
linkLocal.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether an IP address is link-local: 169.254/16 (instance metadata lives there), fe80::/10, and their IPv4-mapped
 * forms. Takes brackets and zones; a name is not an IP address and answers false. Rule 16: refused at connect.
 */
export function isLinkLocal(ip: string): boolean {
  return contains(linkLocal, ip);
}

/** Whether a host is this machine: localhost, 127/8 or ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || contains(loopback, host);
}

function contains(list: BlockList, host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(bare);
  return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
