import { describe, expect, it } from 'vitest';
import { auditEntry } from '../../shared/people/audit.ts';
import type { AuditEntry } from '../../shared/people/person.ts';
import { night } from './build.ts';

/** As Vault gives them out: 33 bytes with every kind of character. Not of any real cluster. */
const share = Buffer.from(Array.from({ length: 33 }, (_, i) => (i * 37 + 11) % 256));
const token = `hvs.${'CAESIJ0x'.repeat(4)}`;

function entry(over: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: night,
    who: 'tenant/ada',
    what: 'key-opened',
    cluster: 'payments',
    recovery: 'payments.k3v9',
    why: 'vault-1 sealed after the node pool upgrade',
    facts: { node: 'vault-1', index: 2, first: true },
    ...over,
  };
}

describe('an audit entry', () => {
  it('is kept as it is where there is nothing to hide', () => {
    const facts = {
      address: 'https://vault-1.payments.internal.example.com:8200',
      digest: 'ab'.repeat(32),
      fleetEntry: 'cd'.repeat(32),
      keyId: `https://kv-payments-a.vault.azure.net/keys/Sealwatch-Share-2-of-the-payments-cluster-2026/${'0a'.repeat(16)}`,
      steps: 'await-leader unseal-node verify',
      nonce: '5e9a6f2b-8c1d-4a0e-9a55-000000000001',
    };
    expect(auditEntry(entry({ facts }))).toEqual(entry({ facts }));
  });

  it.each([
    ['base64', share.toString('base64')],
    ['URL-safe base64', share.toString('base64url')],
    ['hex', share.toString('hex')],
    ['capital hex', share.toString('hex').toUpperCase()],
    ['a token', token],
  ])('keeps no key that came as %s, neither in its reason nor in a fact', (_, key) => {
    const why = `unseal with ${key}, "${key}" and key=${key}.`;
    const kept = auditEntry(entry({ why, facts: { outcome: `node said ${key}`, digest: key, keyId: key } }));
    expect(JSON.stringify(kept)).not.toContain(key.replace(/=+$/, ''));
    expect(kept.why).toBe('unseal with [removed], "[removed]" and key=[removed].');
  });

  it('is one line each, cut to length', () => {
    const kept = auditEntry(
      entry({
        why: `a\nb\u0000c\u2028${'d '.repeat(400)}`,
        who: 'x'.repeat(300),
        facts: { outcome: 'y '.repeat(300) },
      }),
    );
    expect(kept.why).toMatch(/^a b c d/);
    expect(kept.why).toHaveLength(500);
    expect(kept.who).toHaveLength(256);
    expect(String(kept.facts['outcome'])).toHaveLength(256);
  });

  it('drops nothing that it was given', () => {
    expect(auditEntry(entry({ facts: { index: 0, ok: false } })).facts).toEqual({ index: 0, ok: false });
  });
});
