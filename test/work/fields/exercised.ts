/** Fields that change with what, and where, a seal is exercised. */
import { expect } from 'vitest';
import { composeRotate } from '../../../shared/compose/rotate.ts';
import { fleetOf, limits } from '../../fleet/builders.ts';
import type { Proof } from './proof.ts';

const env = {
  SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
  SEALWATCH_SEAL_HOSTS: '*.root.test:8200',
  SEALWATCH_SECRET_A: 'hvs.the-first',
  SEALWATCH_SECRET_B: 'hvs.the-second',
};

/** Where the seal's token would be sent, and which: what the rotate app is composed of for this seal. */
async function exercised(own: string): Promise<{ addresses: string[]; token: string } | { why: string }> {
  const nodes = '"https://a.root.test:8200", "https://b.root.test:8200"';
  const fleet = fleetOf(
    [
      'version: 1',
      'clusters:',
      `  root: {nodes: [${nodes}]}`,
      '  payments:',
      '    nodes: ["https://vault-0:8200"]',
      `    seal: {type: transit, provider: root, key: payments-unseal${own}}`,
      '',
    ].join('\n'),
    limits(),
  );
  const [root, payments] = fleet.clusters;
  if (!root || !payments) throw new Error('no cluster');
  const access = await composeRotate(env, { write: () => undefined }).deps.transit(payments, root);
  if (!access.ok) return { why: access.why };
  const token = await access.ports.token();
  const addresses = access.ports.clients.map(({ address }) => address);
  await access.close();
  return { addresses, token: token.ok ? token.value : token.why };
}

const withToken = (name: string) => `, token: "env:SEALWATCH_SECRET_${name}"`;

export const exercisedFields: Record<string, Proof> = {
  'clusters.*.seal.token': async () => {
    expect(await exercised('')).toEqual({ why: expect.stringContaining('seal.token is not in fleet.yaml') });
    expect(await exercised(withToken('A'))).toMatchObject({ token: 'hvs.the-first' });
    expect(await exercised(withToken('B'))).toMatchObject({ token: 'hvs.the-second' });
  },
  'clusters.*.seal.address': async () => {
    const both = ['https://a.root.test:8200', 'https://b.root.test:8200'];
    expect(await exercised(withToken('A'))).toMatchObject({ addresses: both });
    const second = `${withToken('A')}, address: "https://b.root.test:8200"`;
    expect(await exercised(second)).toMatchObject({ addresses: both.slice(1) });
  },
};
