/** Fields of rotation that change what is made, and where: kinds as compose builds them, against fakes of their providers. */
import { expect } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { createProviderLogins } from '../../../shared/compose/provider-logins.ts';
import type { Resolve } from '../../../shared/compose/secrets.ts';
import { transitKind } from '../../../shared/compose/transit-kinds.ts';
import { startEndpoint } from '../../fakes/hostile/endpoint.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { FakeTokenProvider } from '../../fakes/vault/token-provider.ts';
import { wayTo } from '../../fakes/vault/way.ts';
import { file, fleetOf } from '../../fleet/builders.ts';
import { AzureKindsUnderTest } from '../../rotation/kinds/azure-kinds-under-test.ts';
import type { Proof } from './proof.ts';

const day = 86_400_000;
const hook = 'h: {kind: webhook, url: "https://deploy.test", signingKeys: ["env:K"]}';
const sinks = `sinks: {v: {kind: keyVaultSecret, vault: kv-a, secret: s}, ${hook}}`;

/** What a provider was asked for that has one token role, seal-payments, when a token was to be made by this one. */
async function tokenMadeBy(role: string): Promise<{ made: boolean; asked: string[] }> {
  const authority = await createAuthority('fields CA');
  const fake = new FakeTokenProvider();
  const given: Record<string, string> = {
    'env:ROTATE': fake.add({ policies: ['root'] }),
    'env:T': fake.add(),
  };
  const has = (path: string) => !path.startsWith('/v1/auth/token/') || !path.endsWith('/of-nobody');
  const endpoint = await startEndpoint({
    certificate: await authority.issue({ names: ['127.0.0.1'] }),
    behaviour: wayTo((request) =>
      has(request.path) ? fake.serve(request) : { status: 404, body: { errors: [] } },
    ).behaviour,
  });
  const resolve: Resolve = async (text) => ({ ok: true, value: given[text] ?? text });
  try {
    const fleet = fleetOf(
      [
        'version: 1',
        'clusters:',
        '  root:',
        `    nodes: ["${endpoint.address}"]`,
        `    tls: {ca: ${JSON.stringify(authority.certPem)}}`,
        '    rotateLogin: {method: token, token: "env:ROTATE"}',
        '  payments:',
        '    nodes: ["https://vault:8200"]',
        '    seal: {type: transit, provider: root, key: k, token: "env:T"}',
        `    rotation: {token: {role: ${role}}, ${sinks}}`,
        '',
      ].join('\n'),
    );
    const [, payments] = fleet.clusters;
    if (!payments) throw new Error('no cluster');
    const built = await transitKind('transit-token', fleet, payments, {
      sealHosts: [`127.0.0.1:${endpoint.port}`],
      resolve,
      logins: createProviderLogins(resolve, () => Promise.reject(new Error('no identity'))),
      clock: { ...systemClock, now: () => fake.now * 1000 },
    });
    if (!built.ok) throw new Error(built.why);
    const made = await built.kind.create('payments.one');
    await built.close();
    const asked = endpoint.received.map(({ path }) => path).filter((path) => /roles|create/.test(path));
    return { made: made.ok, asked };
  } finally {
    await endpoint.close();
  }
}

/** What Graph was asked for, and how long what it made lives, days: its clock tells whole seconds. */
async function secretMadeBy(rotation: (azure: AzureKindsUnderTest) => string) {
  const azure = await AzureKindsUnderTest.start();
  try {
    const { ids } = azure.under;
    const [cluster] = fleetOf(
      file([
        `seal: {type: azurekeyvault, ${ids}, clientSecret: "env:SEALWATCH_SECRET_SEAL"}`,
        `rotation: {secret: {${rotation(azure)}}, ${sinks}}`,
      ]),
    ).clusters;
    if (!cluster) throw new Error('no cluster');
    const before = azure.graph.secrets().length;
    const made = await azure.secretKind(cluster).create('payments.one');
    const [one] = azure.graph.secrets().slice(before);
    return {
      made: made.ok,
      days: one && Math.round((one.endsAt - one.startsAt) / day),
      asked: azure.graph.received,
    };
  } finally {
    await azure.close();
  }
}

const otherId = '6d0c2f7e-91ab-4c3d-8e6f-7a1b2c3d4e5f';

export const rotatedAtProvidersFields: Record<string, Proof> = {
  'clusters.*.rotation.token.role': async () => {
    expect(await tokenMadeBy('seal-payments')).toEqual({
      made: true,
      asked: ['/v1/auth/token/roles/seal-payments', '/v1/auth/token/create/seal-payments'],
    });
    expect(await tokenMadeBy('of-nobody')).toEqual({
      made: false,
      asked: ['/v1/auth/token/roles/of-nobody'],
    });
  },
  'clusters.*.rotation.secret.application': async () => {
    const own = await secretMadeBy(({ graph }) => `application: ${graph.objectId}`);
    expect(own.made).toBe(true);
    const other = await secretMadeBy(() => `application: ${otherId}`);
    expect({ made: other.made, days: other.days }).toEqual({ made: false, days: undefined });
    expect(other.asked.map(({ path }) => path.split('?')[0])).toEqual([`/v1.0/applications/${otherId}`]);
  },
  'clusters.*.rotation.secret.life': async () => {
    const life = async (own: string) =>
      (await secretMadeBy(({ graph }) => `application: ${graph.objectId}${own}`)).days;
    expect(await life(', life: 20d')).toBe(20);
    expect(await life('')).toBe(180);
  },
};
