/** Fields that change who holds the shares. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { custodiansBy } from '../../../shared/compose/custodians.ts';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import { distributionOf } from '../../../shared/escrow/distribution.ts';
import type { Cluster } from '../../../shared/fleet/fleet.ts';
import { withRecover } from '../../../shared/work/recover-findings.ts';
import { startKeyVaults } from '../../fakes/keyvault/server.ts';
import { file, fleetOf, limits } from '../../fleet/builders.ts';
import { epoch } from '../../scenarios/build.ts';
import { recoverRows } from '../../scenarios/recover-rows.ts';
import type { Proof } from './proof.ts';

const signal = new AbortController().signal;

function clusterOf(custodians: string, vaults: string[] = []): Cluster {
  const text = file([`escrow: {custodians: {${custodians}}}`]);
  const [cluster] = fleetOf(text, limits({ escrowVaults: vaults })).clusters;
  if (!cluster) throw new Error('no cluster');
  return cluster;
}

async function only(custodians: Promise<ReadonlyMap<string, Custodian>>): Promise<Custodian> {
  const [custodian] = (await custodians).values();
  if (!custodian) throw new Error('no custodian');
  return custodian;
}

const noIdentity = () => Promise.reject(new Error('these tests have no Azure identity'));

export const escrowedFields: Record<string, Proof> = {
  'clusters.*.escrow.custodians.*.key': async () => {
    const fake = await startKeyVaults(['one', 'two']);
    try {
      const made = custodiansBy({
        resolve: noIdentity,
        credential: async () => fake.credential,
        keyVault: { agent: fake.agent },
      });
      for (const name of ['one', 'two']) {
        const version = await fake.vault(name).rotate('shares');
        const key = `${fake.origin(name)}/keys/shares`;
        const custodian = await only(made(clusterOf(`a: {key: "${key}", shares: [1]}`, [fake.origin(name)])));
        const wrapped = await custodian.wrap(randomBytes(32), signal);
        expect(wrapped).toMatchObject({ ok: true, value: { keyId: expect.stringContaining(key) } });
        expect(wrapped.ok && wrapped.value.keyId).toContain(version);
      }
    } finally {
      await fake.close();
    }
  },
  'clusters.*.escrow.custodians.*.passphrase': async () => {
    const texts: Record<string, string> = {
      'env:SEALWATCH_SECRET_A': 'correct horse battery staple',
      'env:SEALWATCH_SECRET_B': 'another horse, another staple',
    };
    const made = custodiansBy({
      resolve: async (text) => ({ ok: true, value: texts[text] ?? '' }),
      credential: noIdentity,
    });
    const by = (variable: string) => only(made(clusterOf(`a: {passphrase: "${variable}", shares: [1]}`)));
    const [a, b] = [await by('env:SEALWATCH_SECRET_A'), await by('env:SEALWATCH_SECRET_B')];
    const wrapped = await a.wrap(randomBytes(32), signal);
    if (!wrapped.ok) throw new Error(wrapped.error.message);
    expect((await a.unwrap(wrapped.value, signal)).ok).toBe(true);
    expect((await b.unwrap(wrapped.value, signal)).ok).toBe(false);
  },
  'clusters.*.escrow.custodians.*.shares': () => {
    const points = (own: string, others: string) => {
      const passphrase = 'passphrase: "env:SEALWATCH_SECRET_A"';
      const cluster = clusterOf(`a: {${passphrase}, shares: ${own}}, b: {${passphrase}, shares: ${others}}`);
      return distributionOf({ custodians: cluster.escrow.custodians, threshold: 2, count: 4 }).singlePoints;
    };
    expect([points('[1, 2]', '[3, 4]'), points('[1, 2, 3]', '[4]')]).toEqual([[], ['a']]);
  },
  'clusters.*.escrow.custodians.*.owner': () => {
    const evidence = (owner: string) => {
      const cluster = clusterOf(`a: {passphrase: "env:SEALWATCH_SECRET_A", shares: [1]${owner}}`);
      const problem = {
        code: 'custodian-away' as const,
        custodian: 'a',
        message: 'a: no answer within 10 s',
      };
      const rows = recoverRows({ generation: { problems: [problem] } });
      const { verdicts } = withRecover(cluster, rows, { verdicts: [], defaults: {} }, epoch);
      return verdicts.flatMap(({ verdict }) => (verdict.state === 'present' ? verdict.finding.evidence : []));
    };
    expect(evidence('')).not.toContain('a belongs to platform team');
    expect(evidence(', owner: platform team')).toContain('a belongs to platform team');
  },
};
