/** Fields of an azurekeyvault seal that change what is tried, with the real SDKs against fakes of Entra and Key Vault. */
import { expect } from 'vitest';
import { builtIn } from '../../fakes/arm/roles.ts';
import { appCertificate } from '../../fakes/entra/app-certificate.ts';
import { AzureSealUnderTest, sealOf } from '../../readiness/azure-seal-under-test.ts';
import type { Proof } from './proof.ts';

async function underTest(work: (under: AzureSealUnderTest) => Promise<void>): Promise<void> {
  const under = await AzureSealUnderTest.start();
  try {
    await work(under);
  } finally {
    await under.close();
  }
}

const nobody = '00000000-0000-4000-8000-000000000000';

/** With this field as the application has it, and as it has it not. */
const idDecides =
  (field: 'tenant' | 'clientId', code: string): Proof =>
  () =>
    underTest(async (under) => {
      expect((await under.exercise()).works).toMatchObject({ ok: true });
      const another = { ...under.withSecret, [field]: nobody };
      expect((await under.exercise(another)).works).toMatchObject({ ok: false, code });
    });

export const exercisedAtAzureFields: Record<string, Proof> = {
  'clusters.*.seal.tenant': idDecides('tenant', 'tenant-unknown'),
  'clusters.*.seal.clientId': idDecides('clientId', 'app-unknown'),
  'clusters.*.seal.clientSecret': () =>
    underTest(async (under) => {
      under.secrets['env:SEALWATCH_SECRET_OTHER'] = 'no secret of this application';
      const other = sealOf(`${under.ids}, clientSecret: "env:SEALWATCH_SECRET_OTHER"`);
      expect((await under.exercise()).works).toMatchObject({ ok: true });
      expect((await under.exercise(other)).works).toMatchObject({ ok: false, code: 'secret-invalid' });
      expect(await under.access(sealOf(under.ids))).toMatchObject({ ok: false });
    }),
  'clusters.*.seal.clientCertificate': () =>
    underTest(async (under) => {
      const life = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
      const [known, unknown] = [await appCertificate(life), await appCertificate(life)];
      under.entra.addCertificate(known.certPem);
      const works = async ({ certPem, keyPem }: typeof known) => {
        under.secrets['file:/etc/sealwatch/seal.pem'] = `${certPem}\n${keyPem}`;
        const seal = sealOf(`${under.ids}, clientCertificate: "file:/etc/sealwatch/seal.pem"`);
        return (await under.exercise(seal)).works;
      };
      expect(await works(known)).toMatchObject({ ok: true });
      expect(await works(unknown)).toMatchObject({ ok: false, code: 'secret-invalid' });
    }),
  'clusters.*.seal.vaultId': () =>
    underTest(async (under) => {
      const place = 'vault: kv-unseal, key: unseal, identity: managed';
      under.arm.vault = { enableRbacAuthorization: true, enableSoftDelete: false };
      under.vault.fail('any', { status: 403 });
      const told = async (fields: string) =>
        (await under.judgedWhole(sealOf(`${place}${fields}`))).problems.map(({ code }) => code);
      expect(await told('')).not.toContain('seal-key-version-at-risk');
      expect(await told(`, vaultId: "${under.arm.vaultId}"`)).toContain('seal-key-version-at-risk');
    }),
  'clusters.*.seal.principal': () =>
    underTest(async (under) => {
      const place = `vault: kv-unseal, key: unseal, identity: managed, vaultId: "${under.arm.vaultId}"`;
      const state = async (fields: string) =>
        (await under.judgedWhole(sealOf(`${place}${fields}`))).standing.state;
      under.arm.assign(nobody, builtIn.encryptionUser);
      expect(await state('')).toBe('ready');
      expect(await state(`, principal: ${nobody}`)).toBe('ready');
      expect(await state(`, principal: ${nobody.replace('8', '9')}`)).toBe('not-ready');
    }),
  'clusters.*.seal.identity': () =>
    underTest(async (under) => {
      const place = 'vault: kv-unseal, key: unseal';
      expect(await under.access(sealOf(place))).toMatchObject({ ok: false });
      const { indirect, works } = await under.exercise(sealOf(`${place}, identity: managed`));
      expect({ indirect, works: works.ok }).toEqual({ indirect: true, works: true });
    }),
};
