/** Role assignments, tables, queues and containers of infra/: those that DESIGN allows and the code uses, both ways. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../shared/state/azure/recover/connect.ts';
import { connectRotateState } from '../../shared/state/azure/rotate/connect.ts';
import { infra, readTemplates, resources, templateAt, variable } from './bicep/template.ts';
import { Expression, isFields, textOf, type Value } from './bicep/value.ts';
import { apps, besides, design, notGiven } from './design.ts';
import { startMaker } from './maker.ts';
import { allowedRights, givenRights } from './rights.ts';

const templates = await readTemplates();
const access = templateAt(templates, 'modules/access.bicep');
const storage = templateAt(templates, 'modules/data-storage.bicep');
const given = givenRights(access);

function names(value: Value): string[] {
  if (!Array.isArray(value)) throw new Error('not a list');
  return value.map((one) => textOf(isFields(one) ? one['name'] : one)).sort();
}

describe('who may do what with tables, queues and containers', () => {
  it('is what DESIGN allows, without what no code asks for', () => {
    const wanted = allowedRights().filter((right) => !(right in notGiven));
    expect(given).toEqual([...wanted, ...Object.keys(besides)].sort());
  });

  it('no right is left out that DESIGN does not even allow', () => {
    expect(Object.keys(notGiven).filter((right) => !allowedRights().includes(right))).toEqual([]);
  });

  it('no app can write fleet.yaml, nor what another one writes', () => {
    expect(given.filter((right) => /blob\.(write|create) fleet/.test(right))).toEqual([]);
    const written = given.filter((right) => /(table|blob)\.(write|create)/.test(right));
    const things = written.map((right) => right.replace(/^\S+ (\w+)\.\w+/, '$1'));
    expect(things.filter((thing, at) => things.indexOf(thing) !== at)).toEqual([]);
  });

  it('only recover reads escrow, and nobody may overwrite or delete there or in audit', () => {
    expect(given.filter((right) => right.endsWith(' escrow'))).toEqual([
      'recover blob.create escrow',
      'recover blob.read escrow',
    ]);
    expect(given.filter((right) => /blob\.write/.test(right))).toEqual(['watch blob.write observations']);
  });

  it('an app takes from the queues that trigger its functions, and from no other', () => {
    for (const app of apps) {
      const file = join(infra, `../functions/${app}/manifest.json`);
      const { functions } = JSON.parse(readFileSync(file, 'utf8')) as {
        functions: { trigger: { queueName?: string } }[];
      };
      const queues = functions.flatMap(({ trigger }) => trigger.queueName ?? []);
      expect(queues.sort()).toEqual([...design[app].writes.queues].sort());
    }
  });
});

describe('what the data account holds', () => {
  it('is what the code makes where nobody deployed, and the fleet file', async () => {
    const maker = await startMaker();
    try {
      const { connectionString } = maker;
      await connectState({ connectionString }, systemClock).prepare();
      await connectRecoverState({ connectionString }, systemClock, () => 'id').prepare();
      await connectRotateState({ connectionString }, systemClock, () => 'id').prepare();
      const made = (kind: string) => [...new Set(maker.made(kind))].sort();
      expect(names(variable(storage, 'tables'))).toEqual(made('table'));
      expect(names(variable(storage, 'queues'))).toEqual(made('queue'));
      const containers = [...names(variable(storage, 'changing')), ...names(variable(storage, 'kept'))];
      expect(containers.sort()).toEqual([...made('container'), 'fleet'].sort());
    } finally {
      await maker.close();
    }
  });

  it('escrow and audit are kept: each in which an app creates has an immutability policy', () => {
    const created = given
      .filter((right) => / blob\.create /.test(right))
      .map((right) => right.split(' ')[2] ?? '');
    expect(names(variable(storage, 'kept'))).toEqual(created.sort());
    const [policy] = resources(
      storage,
      'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies',
    );
    expect(policy?.fields['properties']).toMatchObject({ allowProtectedAppendWrites: false });
    const [service] = resources(storage, 'Microsoft.Storage/storageAccounts/blobServices');
    expect(service?.fields['properties']).toMatchObject({
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true },
    });
  });

  it('everything that there is, somebody uses', () => {
    const used = new Set(given.map((right) => right.replace(/^\S+ (\w+)\.\w+/, '$1')));
    const there = [
      ...names(variable(storage, 'tables')).map((name) => `table ${name}`),
      ...names(variable(storage, 'queues')).map((name) => `queue ${name}`),
      ...names(variable(storage, 'changing')).map((name) => `blob ${name}`),
      ...names(variable(storage, 'kept')).map((name) => `blob ${name}`),
    ];
    // Made for the watch app's routes of acknowledging: it reads them.
    expect(there.filter((thing) => !used.has(thing))).toEqual([]);
    expect([...used].filter((thing) => !there.includes(thing))).toEqual([]);
  });
});

describe('role assignments', () => {
  const assigned = [...templates.values()].flatMap((template) =>
    resources(template, 'Microsoft.Authorization/roleAssignments').map(({ name, fields }) => ({
      where: `${template.path} ${name}`,
      scope: fields['scope'] instanceof Expression ? fields['scope'].text : 'the whole resource group',
      role: isFields(fields['properties']) ? fields['properties']['roleDefinitionId'] : undefined,
    })),
  );

  it('each is on one thing: none on a resource group, a subscription, or the data account', () => {
    expect(Object.fromEntries(assigned.map(({ where, scope }) => [where, scope]))).toEqual({
      'custodian.bicep imports': 'key',
      'custodian.bicep recovers': 'key',
      'grants.bicep reads': 'readSecrets[i]',
      'grants.bicep rotates': 'rotatedKeys[i]',
      'grants.bicep writes': 'writtenSecrets[i]',
      'modules/access.bicep containerAccess': 'containers[i]',
      'modules/access.bicep fleetWriting': 'fleet',
      'modules/access.bicep nudging': 'nudged[i]',
      'modules/access.bicep queueLength': 'queues[i]',
      'modules/access.bicep queueSending': 'queues[i]',
      'modules/access.bicep queueTaking': 'queues[i]',
      'modules/access.bicep tableAccess': 'tables[i]',
      'modules/app.bicep telemetry': 'insights',
      'modules/deployer.bicep deploys': 'app',
      // Its size and tier: no code, no setting.
      'modules/deployer.bicep looks': 'plan',
      // The app's own account, in which nothing of ours lies.
      'modules/host-storage.bicep owner': 'account',
      'seal.bicep nodes': 'key',
      // "Reader" and "Key Vault Reader" on the seal's vault: no value of anything.
      'seal.bicep rotateLooks': 'sealVault',
    });
  });

  it('each role is one of these, by the number that Azure gives it', () => {
    const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
    const found = [...templates.values()]
      .filter(({ path }) => !path.endsWith('.bicepparam'))
      .flatMap(({ text }) => text.match(guid) ?? []);
    expect(Object.fromEntries([...new Set(found)].sort().map((id) => [id, roleNames[id]]))).toEqual(
      roleNames,
    );
  });
});

/** learn.microsoft.com/azure/role-based-access-control/built-in-roles. No Owner, no Contributor, no User Access Administrator. */
const roleNames: Record<string, string> = {
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '19e7f393-937e-4f77-808e-94535e297925': 'Storage Queue Data Reader',
  '21090545-7ca7-4776-b22c-e363652d74d2': 'Key Vault Reader',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1': 'Storage Blob Data Reader',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
  '76199698-9eea-4c19-bc75-cec21354c6b6': 'Storage Table Data Reader',
  '8a0f0c08-91a1-4084-bc3d-661d67233fed': 'Storage Queue Data Message Processor',
  'acdd72a7-3385-48ef-bd42-f606fba81ae7': 'Reader',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a': 'Storage Queue Data Message Sender',
  'de139f84-1756-47ae-9be6-808fbbe84772': 'Website Contributor',
  'e147488a-f6f5-4113-8e2d-b22465e65bf6': 'Key Vault Crypto Service Encryption User',
};
