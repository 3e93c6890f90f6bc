/** Where shares are never taken, whatever a generation is bound to (rule 16). */
import { describe, expect, it } from 'vitest';
import { connectBy } from '../../shared/compose/connect.ts';
import type { TrustBinding } from '../../shared/escrow/generation.ts';
import { RecoveryUnderTest } from '../work/recover/recovery-under-test.ts';

const { cluster } = new RecoveryUnderTest();

/** As an envelope's binding may say: fleet.yaml's own check was long ago. */
async function askedAt(address: string) {
  const trust: TrustBinding = { addresses: [address], ca: [], pins: [] };
  const nodes = [{ name: 'payments-1', address }];
  const connect = connectBy(async (value) => ({ ok: true, value }));
  const { nodes: reached, close } = await connect({ ...cluster, nodes }, trust);
  try {
    const client = reached[0]?.client;
    if (!client || 'code' in client) throw new Error('it is in its binding');
    return await client.sealStatus({ timeoutMs: 1_000 });
  } finally {
    await close();
  }
}

describe('a connection that may carry shares', () => {
  it.each(['https://169.254.169.254:8200', 'https://[fe80::1]:8200'])(
    'is never made to a link-local address: %s',
    async (address) => {
      const answer = await askedAt(address);
      expect(answer).toMatchObject({ ok: false, error: { code: 'dns' } });
      expect(answer).toHaveProperty('error.message', expect.stringContaining('link-local'));
    },
  );
});
