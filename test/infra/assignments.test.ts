/** Every role assignment of infra/, resolved: who, on what, with which role. */
import { describe, expect, it } from 'vitest';
import { type Deployed, deploy, type Known, madeOf } from './bicep/deploy.ts';
import { isObject } from './bicep/known.ts';
import { readTemplates, resources } from './bicep/template.ts';
import { apps } from './design.ts';
import { deployed } from './rights.ts';
import { actionsOf, assignedBy, builtIn } from './roles.ts';

const templates = [...(await readTemplates()).values()];

/** `WHO: ROLE on THING` of each. */
const lines = (from: Deployed) =>
  assignedBy(from).map(({ who, role, on }) => `${who}: ${[role].flat().join(', ')} on ${on}`);

/** Of everybody: what each of its rights takes it for. */
const owners = (from: Deployed) =>
  Object.fromEntries(
    assignedBy(from).map(({ who }, _, all) => {
      const types = all.filter((one) => one.who === who).map(({ principalType }) => principalType);
      return [who, [...new Set(types)].join(' or ')];
    }),
  );

const custodian = deploy('custodian.bicep', {
  vaultName: 'kv',
  recoverPrincipalId: 'recover',
  breakGlassGroupId: 'break-glass',
  requestEligibility: true,
  importersGroupId: 'importers',
  alertEmails: [],
});
const seal = deploy('seal.bicep', {
  vaultName: 'kv',
  nodePrincipalIds: ['node-1', 'node-2'],
  rotatePrincipalId: 'rotate',
  workspaceId: 'workspace',
});
const grants = deploy('grants.bicep', {
  vaultName: 'kv',
  principalId: 'app',
  readsSecrets: ['read-1', 'read-2'],
  writesSecrets: ['written-1', 'written-2'],
  rotatesKeys: ['key-1', 'key-2'],
});

describe('of main.bicep', () => {
  it('outside of the data account each identity has its own app, and no other', () => {
    const others = lines(deployed).filter((line) => !/ on (table|queue|blob) /.test(line));
    expect(others.sort()).toEqual(
      apps
        .flatMap((app) => [
          // The app's own account, in which nothing of ours lies.
          `${app}: Storage Blob Data Owner on storageAccounts/sw${app}unique`,
          `${app}: Monitoring Metrics Publisher on components/sealwatch-${app}-unique-insights`,
          `deploys-${app}: Website Contributor on sites/sealwatch-${app}-unique`,
          // Its size and tier: no code, no setting.
          `deploys-${app}: Reader on serverfarms/sealwatch-${app}-unique-plan`,
        ])
        .sort(),
    );
  });

  it('nobody is taken for another kind: identities are service principals, people are groups', () => {
    expect(owners(deployed)).toEqual({
      ...Object.fromEntries(
        apps.flatMap((app) => [app, `deploys-${app}`]).map((who) => [who, 'ServicePrincipal']),
      ),
      'fleet-writers': 'Group',
      importers: 'Group',
      'break-glass': 'Group',
    });
  });

  it('the roles of its own are these', () => {
    const storage = 'Microsoft.Storage/storageAccounts';
    expect(madeOf(deployed, 'Microsoft.Authorization/roleDefinitions').map(actionsOf)).toEqual([
      [`${storage}/blobServices/containers/blobs/add/action`],
      [
        `${storage}/queueServices/queues/read`,
        `${storage}/queueServices/queues/messages/read`,
        `${storage}/queueServices/queues/messages/write`,
        `${storage}/queueServices/queues/messages/add/action`,
        `${storage}/queueServices/queues/messages/process/action`,
      ],
    ]);
  });

  it('a group that is both has each right once', () => {
    const both: Record<string, Known> = {
      fleetWriters: [],
      alertEmails: [],
      importers: ['g'],
      breakGlass: ['g'],
    };
    const assigned = assignedBy(deploy('main.bicep', both)).filter(({ who }) => who === 'g');
    const names = new Map(assigned.map(({ on, role, name }) => [`${String(role)} on ${on}`, name]));
    expect(names.size).toBe(10);
    // Twice the same name for the same right is one assignment.
    expect(new Set(assigned.map(({ name }) => name))).toEqual(new Set(names.values()));
  });

  it('without groups and a repository there are the apps alone', () => {
    const bare = assignedBy(deploy('main.bicep', { fleetWriters: [], alertEmails: [] }));
    expect([...new Set(bare.map(({ who }) => who))].sort()).toEqual([...apps].sort());
  });
});

describe('of the others', () => {
  const vault = 'Microsoft.KeyVault/vaults';

  it('a custodian: recover unwraps, who imports only wraps, break-glass is eligible and has nothing yet', () => {
    expect(lines(custodian)).toEqual([
      'recover: Key Vault Crypto Service Encryption User on vaults/kv/keys/sealwatch-escrow',
      `importers: ${vault}/keys/read, ${vault}/keys/wrap/action on vaults/kv/keys/sealwatch-escrow`,
    ]);
    expect(owners(custodian)).toEqual({ recover: 'ServicePrincipal', importers: 'Group' });
    const [eligible, ...more] = madeOf(custodian, 'Microsoft.Authorization/roleEligibilityScheduleRequests');
    expect(more).toEqual([]);
    expect(eligible?.fields).toMatchObject({
      scope: { id: 'vaults/kv/keys/sealwatch-escrow' },
      properties: {
        principalId: 'break-glass',
        roleDefinitionId: 'roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6',
      },
    });
  });

  it('a seal: its nodes use one key, rotate looks', () => {
    expect(lines(seal)).toEqual([
      'node-1: Key Vault Crypto Service Encryption User on vaults/kv/keys/vault-unseal',
      'node-2: Key Vault Crypto Service Encryption User on vaults/kv/keys/vault-unseal',
      'rotate: Key Vault Reader on vaults/kv',
      'rotate: Reader on vaults/kv',
    ]);
    expect(new Set(Object.values(owners(seal)))).toEqual(new Set(['ServicePrincipal']));
  });

  it("grants: one secret or key each; a sink's secret is written and never deleted", () => {
    const writes = ['getSecret/action', 'setSecret/action', 'readMetadata/action', 'update/action']
      .map((action) => `${vault}/secrets/${action}`)
      .join(', ');
    const rotates = `${vault}/keys/read, ${vault}/keys/rotate/action`;
    expect(lines(grants)).toEqual([
      'app: Key Vault Secrets User on vaults/kv/secrets/read-1',
      'app: Key Vault Secrets User on vaults/kv/secrets/read-2',
      `app: ${writes} on vaults/kv/secrets/written-1`,
      `app: ${writes} on vaults/kv/secrets/written-2`,
      `app: ${rotates} on vaults/kv/keys/key-1`,
      `app: ${rotates} on vaults/kv/keys/key-2`,
    ]);
    expect(owners(grants)).toEqual({ app: 'ServicePrincipal' });
  });
});

const all = [deployed, custodian, seal, grants];

it.for(['roleAssignments', 'roleDefinitions', 'roleEligibilityScheduleRequests'])(
  'all %s of all templates are among those above',
  (kind) => {
    const type = `Microsoft.Authorization/${kind}`;
    const written = templates.flatMap((template) =>
      resources(template, type).map(({ name }) => `${template.path} ${name}`),
    );
    const seen = all.flatMap(({ resources: made }) => made.filter((one) => one.type === type));
    expect([...new Set(seen.map(({ declared }) => declared))].sort()).toEqual(written.sort());
  },
);

it('each role of our own is of one resource group, and takes nothing away that it gives', () => {
  for (const from of all) {
    for (const { fields, type } of from.resources) {
      if (!type.endsWith('/roleDefinitions') || !isObject(fields['properties'])) continue;
      expect(fields['properties']).toMatchObject({
        type: 'CustomRole',
        assignableScopes: ['the resource group'],
        permissions: [{ notActions: [], notDataActions: [] }],
      });
    }
  }
});

it('Azure takes every assignment: none twice under two names, no two under one', () => {
  for (const from of all) {
    const assigned = assignedBy(from);
    const rights = assigned.map(({ who, on, role }) => `${who} ${String(role)} ${on}`);
    expect(new Set(rights).size).toBe(assigned.length);
    expect(new Set(assigned.map(({ name }) => name)).size).toBe(assigned.length);
  }
});

it('each number of a role is one that Azure gives it, and in use', () => {
  const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  const found = templates
    .filter(({ path }) => !path.endsWith('.bicepparam'))
    .flatMap(({ text }) => text.match(guid) ?? []);
  expect([...new Set(found)].sort()).toEqual(Object.keys(builtIn).sort());
});
