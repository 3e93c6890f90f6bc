import { describe, expect, it } from 'vitest';
import { isLinkLocal } from '../../shared/fleet/network.ts';

describe('link-local', () => {
  it.each([
    ['instance metadata', '169.254.169.254'],
    ['the first of them', '169.254.0.0'],
    ['the last of them', '169.254.255.255'],
    ['IPv6', 'fe80::1'],
    ['IPv6 with a zone', 'fe80::1%eth0'],
    ['IPv6 in brackets', '[febf::1]'],
    ['IPv4-mapped', '::ffff:169.254.169.254'],
    ['IPv4-mapped in hex', '[::ffff:a9fe:a9fe]'],
    ['IPv4-compatible', '::a9fe:a9fe'],
    ['IPv4-compatible with dots', '::169.254.169.254'],
    ['NAT64', '64:ff9b::a9fe:a9fe'],
    ['NAT64 with a /48 of its own', '64:ff9b:1:a9fe:a9:fe00::'],
    ['NAT64 with a /56 of its own', '64:ff9b:1:1a9:fe:a9fe::'],
    ['NAT64 with a /64 of its own', '64:ff9b:1:1:a9:fea9:fe00:0'],
    ['NAT64 with a /96 of its own', '64:ff9b:1::a9fe:a9fe'],
    ['NAT64 with another /96 of its own', '64:ff9b:1:1:2:3:169.254.169.254'],
    ['6to4', '2002:a9fe:a9fe::1'],
  ])('is %s: %s', (_what, address) => expect(isLinkLocal(address)).toBe(true));

  it.each([
    '169.253.255.255',
    '169.255.0.0',
    '10.0.0.1',
    '127.0.0.1',
    '::1',
    '::',
    'fec0::1',
    '2001:db8::a9fe:a9fe',
    '::ffff:10.169.254.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::10.0.0.1',
    '64:ff9b:1:a00:0:100::',
    '64:ff9b:2::a9fe:a9fe',
    '2002:a00:1::a9fe:a9fe',
    'vault-0.example.com',
    'a9fe.example.com',
    '',
  ])('is not %s', (address) => expect(isLinkLocal(address)).toBe(false));
});
