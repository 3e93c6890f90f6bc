/** Rights at a seal's vault, read by the real exercise from the fake of Azure Resource Manager. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AzureKeyVaultSeal } from '../../shared/fleet/fleet.ts';
import { builtIn, type FakeRole } from '../fakes/arm/roles.ts';
import { AzureSealUnderTest, sealOf } from './azure-seal-under-test.ts';

const principal = 'c0ffee00-0000-4000-8000-000000000001';
const tooWide = 'seal-token-too-wide';
const keys = 'Microsoft.KeyVault/vaults/keys';
let under: AzureSealUnderTest;
beforeEach(async () => {
  under = await AzureSealUnderTest.start();
  under.vault.set(under.firstKey, { recoveryLevel: 'Recoverable' });
});
afterEach(() => under.close());

const asked = () => `vaultId: "${under.arm.vaultId}", principal: ${principal}`;
const managed = (more = asked()) => sealOf(`vault: kv-unseal, key: unseal, identity: managed, ${more}`);
const withSecret = () => sealOf(`${under.ids}, clientSecret: "env:SEALWATCH_SECRET_SEAL", ${asked()}`);
const judged = (seal: AzureKeyVaultSeal = managed()) => under.judgedWhole(seal);
const wide = async (seal?: AzureKeyVaultSeal) =>
  (await judged(seal)).problems.find(({ code }) => code === tooWide);
const role = (own: Partial<FakeRole['permissions'][number]>): FakeRole => ({
  id: randomUUID(),
  roleName: 'ours',
  permissions: [own],
});
const needed = ['read', 'wrap/action', 'unwrap/action'].map((name) => `${keys}/${name}`);

describe('an identity that cannot be borrowed', () => {
  it('with just what a seal needs is ready, and nothing is told or left open', async () => {
    under.arm.assign(principal, builtIn.encryptionUser);
    expect(await judged()).toMatchObject({
      standing: { state: 'ready' },
      indirect: true,
      problems: [],
      unjudged: {},
    });
  });

  it('may have it on the key alone, or of a group far above', async () => {
    under.arm.assign(principal, builtIn.encryptionUser, `${under.arm.vaultId}/keys/Unseal`);
    expect(await judged()).toMatchObject({ standing: { state: 'ready' }, problems: [] });
    under.arm.unassignAll();
    under.arm.assign(
      principal,
      builtIn.encryptionUser,
      '/providers/Microsoft.Management/managementGroups/all',
    );
    expect(await judged()).toMatchObject({ standing: { state: 'ready' }, problems: [] });
  });

  it('without a role would not unseal, and the missing rights are named', async () => {
    const { standing, problems } = await judged();
    expect(standing).toMatchObject({ state: 'not-ready' });
    expect(problems).toMatchObject([{ code: 'seal-not-ready' }]);
    for (const right of needed) expect(problems[0]?.summary).toContain(right);
  });

  it.each(needed)('that lacks %s alone would not unseal', async (right) => {
    under.arm.assign(principal, role({ dataActions: needed.filter((one) => one !== right) }));
    const { standing } = await judged();
    expect(standing.state === 'not-ready' && standing.why).toMatch(new RegExp(`lacks ${right} at https`));
  });

  it('whose right is taken by the role that gives it lacks it, unless another role gives it', async () => {
    const taken = role({ dataActions: [`${keys}/*`], notDataActions: [`${keys}/unwrap/*`] });
    under.arm.assign(principal, taken);
    expect((await judged()).standing.state).toBe('not-ready');
    under.arm.assign(principal, builtIn.encryptionUser);
    expect((await judged()).standing.state).toBe('ready');
  });

  it('with its role on another key only, or somebody else with it, would not unseal', async () => {
    under.arm.assign(principal, builtIn.encryptionUser, `${under.arm.vaultId}/keys/another`);
    under.arm.assign(randomUUID(), builtIn.encryptionUser);
    expect((await judged()).standing.state).toBe('not-ready');
  });
});

describe('more than a seal needs', () => {
  it.each<[keyof typeof builtIn, RegExp]>([
    ['cryptoOfficer', /keys\/purge\/action.* and \d+ more/],
    ['cryptoUser', /keys\/decrypt\/action/],
    ['secretsUser', /secrets\/getSecret\/action/],
    ['owner', /roleAssignments\/write, Microsoft\.KeyVault\/vaults\/write/],
    ['contributor', /also Microsoft\.KeyVault\/vaults\/write/],
    ['accessAdministrator', /also Microsoft\.Authorization\/roleAssignments\/write\.$/],
  ])('by the role %s is told', async (name, line) => {
    under.arm.assign(principal, builtIn.encryptionUser);
    under.arm.assign(principal, builtIn[name]);
    const problem = await wide();
    expect(problem?.evidence).toHaveLength(1);
    expect(problem?.evidence[0]).toContain(builtIn[name].roleName);
    expect(problem?.evidence[0]).toMatch(line);
    expect((await judged()).standing.state).toBe('ready');
  });

  it.each<keyof typeof builtIn>(['reader', 'blobReader'])('is not what the role %s gives', async (name) => {
    under.arm.assign(principal, builtIn.encryptionUser);
    under.arm.assign(principal, builtIn[name]);
    expect(await wide()).toBeUndefined();
  });

  it('is the right on another key of the vault, and one that this version has not heard of', async () => {
    under.arm.assign(principal, builtIn.encryptionUser);
    under.arm.assign(principal, builtIn.encryptionUser, `${under.arm.vaultId}/keys/another`);
    under.arm.assign(principal, role({ dataActions: ['Microsoft.KeyVault/vaults/keys/teleport/action'] }));
    expect((await wide())?.evidence).toEqual([
      expect.stringContaining(`on another key or secret of the vault it may also ${needed[0]}`),
      expect.stringContaining('keys/teleport/action'),
    ]);
  });

  it('is told of a seal that signs in with a secret, too', async () => {
    under.arm.assign(principal, builtIn.encryptionUser);
    under.arm.assign(principal, builtIn.owner);
    expect((await wide(withSecret()))?.summary).toContain('more at https://kv-unseal.vault.azure.net');
  });
});

describe('a credential that works', () => {
  it('is believed before its roles: the principal is another one then', async () => {
    const { standing, evidence } = await judged(withSecret());
    expect(standing).toEqual({ state: 'ready' });
    expect(evidence.at(-1)).toContain('is seal.principal the object id');
  });
});

describe('a vault that goes by access policies', () => {
  const policy = (rights: object, objectId = principal) => ({
    tenantId: randomUUID(),
    objectId,
    permissions: { keys: [], secrets: [], certificates: [], ...rights },
  });
  const goesBy = (...accessPolicies: object[]) => {
    under.arm.vault = { enableSoftDelete: true, enablePurgeProtection: true, accessPolicies };
  };

  it('is judged by them, and not by roles on its data', async () => {
    under.arm.assign(principal, builtIn.cryptoOfficer);
    goesBy(policy({ keys: ['Get', 'WrapKey', 'unwrapKey', 'list'] }));
    expect(await judged()).toMatchObject({ standing: { state: 'ready' }, problems: [], unjudged: {} });
    goesBy(policy({ keys: ['get', 'wrapKey'] }));
    expect((await judged()).standing).toMatchObject({
      state: 'not-ready',
      why: expect.stringContaining('lacks unwrapKey on keys (access policy)') as string,
    });
  });

  it('gives more with all, with more keys, and with anything else; roles on the vault itself count', async () => {
    goesBy(policy({ keys: ['all'], secrets: ['get'] }));
    expect((await wide())?.evidence).toEqual([
      'By its access policy it may also all on keys, get on secrets.',
    ]);
    under.arm.assign(principal, builtIn.contributor);
    goesBy(policy({ keys: ['get', 'wrapKey', 'unwrapKey'] }));
    expect((await wide())?.evidence[0]).toContain('Contributor');
  });

  it('does not say who is in a group: a right that only others have may be its own', async () => {
    goesBy(policy({ keys: ['get', 'wrapKey', 'unwrapKey'] }, randomUUID()));
    const { standing, evidence } = await judged();
    expect(standing).toEqual({ state: 'ready' });
    expect(evidence.join('\n')).toContain(
      "Whether the nodes' identity may get, wrapKey, unwrapKey is not seen",
    );
  });
});

describe('what is not seen is unjudged, and nothing worse', () => {
  it.each([
    ['vault', 403, /Reader on the vault/],
    ['assignments', 403, /Reader on the vault/],
    ['definition', 403, /Reader on the vault/],
    ['vault', 404, /seal\.vaultId/],
    ['vault', 429, /throttles/],
    ['assignments', 500, /cannot say \(500\)/],
  ] as const)('%s answers %i', async (operation, status, why) => {
    under.arm.assign(principal, builtIn.owner);
    under.arm.fail(operation, { status });
    const { standing, problems, unjudged } = await judged();
    expect(standing).toEqual({ state: 'ready' });
    expect(problems).toEqual([]);
    expect(unjudged[tooWide]).toMatch(why);
  });

  it.each(['{}', '[]', 'no JSON', '{"properties": "all"}'])('an answer like %s', async (body) => {
    for (const operation of ['vault', 'assignments', 'definition'] as const) {
      under.arm.assign(principal, builtIn.owner);
      under.arm.fail(operation, { status: 200, body });
      expect((await judged()).unjudged[tooWide]).toContain('does not answer like Azure Resource Manager');
      under.arm.heal();
    }
  });

  it.each([
    ['', /set seal\.vaultId and seal\.principal/],
    ['vaultId: "VAULT"', /set seal\.vaultId and seal\.principal/],
  ])('fleet.yaml says only %j', async (fields, why) => {
    const seal = sealOf(
      `vault: kv-unseal, key: unseal, identity: managed${fields === '' ? '' : `, ${fields.replace('VAULT', under.arm.vaultId)}`}`,
    );
    expect((await judged(seal)).unjudged[tooWide]).toMatch(why);
    expect(under.arm.received.map(({ path }) => path.includes('roleAssignments'))).toEqual(
      fields === '' ? [] : [false],
    );
  });
});

describe('pages of assignments', () => {
  it('are read to the end', async () => {
    under.arm.pageSize = 1;
    for (const name of ['reader', 'blobReader', 'encryptionUser', 'owner'] as const)
      under.arm.assign(principal, builtIn[name]);
    expect((await wide())?.evidence[0]).toContain('Owner');
    expect((await judged()).standing.state).toBe('ready');
  });

  it.each(['https://evil.example.com/next', 'https://management.azure.com/subscriptions', 'no address'])(
    'are not followed to %s',
    async (nextLink) => {
      under.arm.nextLink = nextLink;
      expect((await judged()).unjudged[tooWide]).toContain('does not answer like');
    },
  );

  it('end: one that goes on for ever is given up', async () => {
    under.arm.nextLink = `https://management.azure.com${under.arm.vaultId}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=assignedTo('${principal}')`;
    expect((await judged()).unjudged[tooWide]).toContain('more pages of role assignments than are read');
  });
});

describe('how the vault is protected', () => {
  const risk = async (seal?: AzureKeyVaultSeal) =>
    (await judged(seal)).problems.filter(({ code }) => code === 'seal-key-version-at-risk');
  beforeEach(() => under.arm.assign(principal, builtIn.encryptionUser));

  it.each([
    [{ enableSoftDelete: false }, 'warning'],
    [{ enableSoftDelete: true, enablePurgeProtection: null }, 'info'],
    [{}, 'info'],
  ])('is said by its resource where the key cannot be read: %j', async (properties, severity) => {
    under.arm.vault = { enableRbacAuthorization: true, ...properties };
    under.vault.fail('any', { status: 403 });
    const found = await risk();
    expect(found).toMatchObject([{ severity }]);
    expect(found[0]?.evidence[0]).toContain("By the vault's resource");
  });

  it('is said by the key itself where it is read', async () => {
    under.arm.vault = { enableRbacAuthorization: true, enableSoftDelete: false };
    expect(await risk()).toEqual([]);
    under.vault.set(under.firstKey, { recoveryLevel: 'Recoverable+Purgeable' });
    expect(await risk()).toMatchObject([{ severity: 'info' }]);
  });
});
