/** Rights, tables, queues and containers of infra/: those that DESIGN allows and the code uses, both ways. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../shared/state/azure/recover/connect.ts';
import { connectRotateState } from '../../shared/state/azure/rotate/connect.ts';
import { infra, readTemplates, resources, templateAt, variable } from './bicep/template.ts';
import { isFields, textOf, type Value } from './bicep/value.ts';
import { apps, besides, design, notGiven } from './design.ts';
import { startMaker } from './maker.ts';
import { allowedRights, givenRights, peoplesRights } from './rights.ts';

const templates = await readTemplates();
const storage = templateAt(templates, 'modules/data-storage.bicep');
const everybodys = givenRights();
const given = everybodys.filter((right) => apps.some((app) => right.startsWith(`${app} `)));

function names(value: Value): string[] {
  if (!Array.isArray(value)) throw new Error('not a list');
  return value.map((one) => textOf(isFields(one) ? one['name'] : one)).sort();
}

describe('who may do what with tables, queues and containers', () => {
  it('is what DESIGN allows, without what no code asks for', () => {
    const wanted = allowedRights().filter((right) => !(right in notGiven));
    expect(given).toEqual([...wanted, ...Object.keys(besides)].sort());
  });

  it('is, for people, what their commands ask for', () => {
    expect(everybodys.filter((right) => !given.includes(right))).toEqual(peoplesRights());
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

  it('of the apps only recover reads escrow, and nobody may overwrite or delete there or in audit', () => {
    expect(given.filter((right) => right.endsWith(' escrow'))).toEqual([
      'recover blob.create escrow',
      'recover blob.read escrow',
    ]);
    expect(everybodys.filter((right) => /blob\.write/.test(right))).toEqual([
      'fleet-writers blob.write fleet',
      'watch blob.write observations',
    ]);
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
  });

  it('keeps what was overwritten of fleet.yaml for good, of observations some days: each sweep overwrites those', () => {
    const [service] = resources(storage, 'Microsoft.Storage/storageAccounts/blobServices');
    expect(service?.fields['properties']).toEqual({
      isVersioningEnabled: true,
      // Versions that the rule below deletes stay as long.
      deleteRetentionPolicy: { enabled: true, days: 7 },
      containerDeleteRetentionPolicy: { enabled: true, days: 30 },
    });
    const [lifecycle] = resources(storage, 'Microsoft.Storage/storageAccounts/managementPolicies');
    expect(lifecycle?.fields['properties']).toEqual({
      policy: {
        rules: [
          {
            name: 'old-observations',
            enabled: true,
            type: 'Lifecycle',
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['observations/'] },
              actions: { version: { delete: { daysAfterCreationGreaterThan: 0 } } },
            },
          },
        ],
      },
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
