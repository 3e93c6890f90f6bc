/** Settings of modules/settings.bicep and app.bicep: those that each app's code reads and uses, both ways. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { largestBodyBytes } from '../../functions/request-limits.ts';
import { composeRecover } from '../../shared/compose/recover.ts';
import { composeRotate } from '../../shared/compose/rotate.ts';
import { readSettings } from '../../shared/compose/settings.ts';
import { composeWatch, composeWatchForPeople } from '../../shared/compose.ts';
import { asDeployed } from '../bench/scale/workers.ts';
import { declared } from './bicep/plain.ts';
import { infra, readTemplates, type Template, templateAt, variable } from './bicep/template.ts';
import { bodyOf, Expression, isFields, textOf, type Value } from './bicep/value.ts';
import { type App, apps } from './design.ts';
import { givenRights } from './rights.ts';

const templates = await readTemplates();
const own = templateAt(templates, 'modules/settings.bicep');
const platform = templateAt(templates, 'modules/app.bicep');

/** Names of the settings that an expression can come to, whichever way its conditions go. */
function settingNames(value: Value | undefined, template: Template): string[] {
  if (Array.isArray(value)) {
    return value.map((one) => textOf(isFields(one) ? one['name'] : one));
  }
  if (!(value instanceof Expression)) throw new Error('not a list of settings');
  if (value.type === 'identifier') return settingNames(variable(template, value.text), template);
  return value.parts.flatMap((part) => settingNames(part, template));
}

const set = (app: App): string[] => [
  ...settingNames(variable(own, `${app}Settings`), own),
  ...settingNames(variable(platform, 'platformSettings'), platform),
];

const addresses = {
  SEALWATCH_STORAGE__tableServiceUri: 'https://account.table.core.windows.net',
  SEALWATCH_STORAGE__blobServiceUri: 'https://account.blob.core.windows.net',
  SEALWATCH_STORAGE__queueServiceUri: 'https://account.queue.core.windows.net',
};

/** What an app asks its environment for while it is composed. */
function read(app: App): string[] {
  const asked = new Set<string>();
  const env = new Proxy<Record<string, string | undefined>>(addresses, {
    get(target, name) {
      if (typeof name === 'string') asked.add(name);
      return Reflect.get(target, name);
    },
  });
  const watch = () => composeWatchForPeople(env, composeWatch(env));
  ({ watch, rotate: () => composeRotate(env), recover: () => composeRecover(env) })[app]();
  return [...asked].filter((name) => name.startsWith('SEALWATCH_')).sort();
}

/** Read by the code, and set by no template. */
const neverSet: Record<string, string> = {
  SEALWATCH_STORAGE: 'a connection string holds a key: shared keys are off',
  SEALWATCH_ISSUER_FILE: "the embedded host's issuer does not start on Azure",
  SEALWATCH_FILE_ROOT: 'a function app has no files of ours: secrets are in Key Vault',
  SEALWATCH_SINK_ROOT: 'nor files that nodes would read',
  SEALWATCH_ENV_PREFIX: 'its default serves; secrets are in Key Vault',
  SEALWATCH_ENTRA_SCOPE: 'infra/entra.sh makes the scope that is its default',
};

/** Read by every app, for all read their limits at once, and used by these only. */
const usedBy: Record<string, App[]> = {
  SEALWATCH_SCHEDULE: ['watch'],
  SEALWATCH_RUNBOOKS: ['watch'],
  SEALWATCH_ENDPOINT_HOSTS: ['watch'],
  SEALWATCH_SEAL_VAULTS: ['rotate'],
  SEALWATCH_SEAL_HOSTS: ['rotate'],
  SEALWATCH_SINK_VAULTS: ['rotate'],
  SEALWATCH_SINK_HOSTS: ['rotate'],
};

/** `SEALWATCH_SEAL_HOSTS` and what it is set to, of every row of an app's settings. */
function rows(app: App): Map<string, string> {
  const lists = ['everyAppSettings', `${app}Settings`].map((name) => variable(own, name));
  const found = lists.flatMap(function fields(value): [string, string][] {
    if (Array.isArray(value)) return value.flatMap(fields);
    if (value instanceof Expression) return value.parts.flatMap(fields);
    if (!isFields(value) || !(value['value'] instanceof Expression)) return [];
    return [[textOf(value['name']), value['value'].text]];
  });
  return new Map(found);
}

it('what limits fleet.yaml is handed on under its own name', () => {
  const main = templateAt(templates, 'main.bicep');
  const module = main.declarations.find(({ kind, name }) => kind === 'module' && name === 'settings');
  const params = bodyOf(module?.value)['params'];
  const given = isFields(params) ? params : {};
  const limits = Object.keys(given).filter((name) => /(Vaults|Hosts|Audiences)$/.test(name));
  expect(limits).toContain('loginAudiences');
  for (const name of limits) expect(given[name]).toMatchObject({ text: name });
});

describe.for([...apps])('the settings of %s', (app) => {
  it('that limit fleet.yaml hold the parameter of their own name', () => {
    const limiting = [...rows(app)].filter(([name]) => /_(VAULTS|HOSTS|AUDIENCES)$/.test(name));
    expect(limiting.map(([name]) => name)).toContain('SEALWATCH_LOGIN_AUDIENCES');
    for (const [name, value] of limiting) {
      const words = name.replace('SEALWATCH_', '').toLowerCase();
      const parameter = words.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      expect(value).toBe(`join(${parameter === 'keyVaults' ? `keyVaults.${app}` : parameter}, ',')`);
    }
  });

  it('are those that its code reads and uses, and no others', () => {
    const used = read(app).filter((name) => !(name in neverSet) && (usedBy[name] ?? apps).includes(app));
    const ours = set(app).filter((name) => name.startsWith('SEALWATCH_'));
    // The Functions host reads it, for the connection of queue triggers.
    expect(ours.sort()).toEqual([...used, 'SEALWATCH_STORAGE__credential'].sort());
  });

  it('name each setting once', () => {
    const names = set(app);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});

it('SEALWATCH_FLEET is the address of a blob of the data account, which each app reads and none writes', () => {
  const everyApp = variable(own, 'everyAppSettings');
  const row = (Array.isArray(everyApp) ? everyApp : []).find(
    (one) => isFields(one) && textOf(one['name']) === 'SEALWATCH_FLEET',
  );
  const value = isFields(row) && row['value'] instanceof Expression ? row['value'].text : '';
  const blobs = addresses.SEALWATCH_STORAGE__blobServiceUri;
  const setting = value.replaceAll("'", '').replace('${storage.blob}', blobs);
  expect(readSettings({ ...addresses, SEALWATCH_FLEET: setting }).fleet).toEqual({
    shown: `${blobs}/fleet/fleet.yaml`,
    blob: { account: blobs, own: true, container: 'fleet', blob: 'fleet.yaml' },
  });
  const rights = givenRights().filter((right) => / blob\.\w+ fleet$/.test(right));
  const ofApps = rights.filter((right) => apps.some((app) => right.startsWith(`${app} `)));
  expect(ofApps).toEqual([...apps].sort().map((app) => `${app} blob.read fleet`));
});

it('what the platform reads is this', () => {
  const names = settingNames(variable(platform, 'platformSettings'), platform);
  expect(names.filter((name) => !name.startsWith('SEALWATCH_'))).toEqual([
    'AzureWebJobsStorage__accountName',
    'AzureWebJobsStorage__credential',
    'AzureWebJobsStorage__clientId',
    // DefaultAzureCredential without a name takes this one.
    'AZURE_CLIENT_ID',
    'APPLICATIONINSIGHTS_CONNECTION_STRING',
    'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
    'languageWorkers__node__arguments',
    'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
  ]);
});

it('the platform takes requests somewhat larger than a route does, so that a route says what is wrong', () => {
  const settings = variable(platform, 'platformSettings');
  const [limit] = Array.isArray(settings)
    ? settings.filter(isFields).filter(({ name }) => name === 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT')
    : [];
  expect(Number(textOf(limit?.['value']))).toBe(4 * largestBodyBytes);
});

it('the one setting of the Functions host among ours is how many messages an instance of watch takes at once', () => {
  const path = ['extensions', 'queues', 'batchSize'];
  // learn.microsoft.com/azure/azure-functions/functions-host-json, "Override host.json values".
  const name = `AzureFunctionsJobHost__${path.join('__')}`;
  const hosts = (app: App) =>
    settingNames(variable(own, `${app}Settings`), own).filter((one) => !/^(SEALWATCH|MALLOC)_/.test(one));
  expect(Object.fromEntries(apps.map((app) => [app, hosts(app)]))).toEqual({
    watch: [name],
    rotate: [],
    recover: [],
  });
  expect(own.text).toContain(`{ name: '${name}', value: string(batchesAtOnce) }`);
  const main = templateAt(templates, 'main.bicep');
  expect(main.text).toContain('    batchesAtOnce: batchesAtOnce\n');
  // What is not deployed with another number runs as its host.json says.
  const hostJson = JSON.parse(readFileSync(join(infra, '../functions/watch/host.json'), 'utf8'));
  expect(hostJson).toMatchObject({ extensions: { queues: { batchSize: 4, newBatchThreshold: 2 } } });
  expect(declared(main, 'param', 'batchesAtOnce').value).toBe(4);
  // The queue extension takes no more than 32.
  expect(main.text).toMatch(/^@minValue\(1\)\n@maxValue\(32\)\nparam batchesAtOnce int/m);
});

it('the benchmark of large fleets runs with what a deployment gives to Node and to glibc', () => {
  const [, args = ''] = /'languageWorkers__node__arguments', value: '([^']*)'/.exec(platform.text) ?? [];
  expect(args.split(' ').filter((one) => one !== '--enable-source-maps')).toEqual(asDeployed.nodeOptions);
  const malloc = own.text.matchAll(/name: '(MALLOC_\w+)', value: '(\d+)'/g);
  expect(Object.fromEntries([...malloc].map(([, name, value]) => [name, value]))).toEqual(
    asDeployed.environment,
  );
});

it('every exception above is about a setting that is read', () => {
  const everywhere = new Set(apps.flatMap(read));
  const stale = [...Object.keys(neverSet), ...Object.keys(usedBy)].filter(
    // Asked for once one of the other Entra settings is there.
    (name) => !everywhere.has(name) && name !== 'SEALWATCH_ENTRA_SCOPE',
  );
  expect(stale).toEqual([]);
});

it('the names of settings that functions are registered with are among them', () => {
  const folder = join(import.meta.dirname, '../../functions');
  const named = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => {
      const [app] = path.split('/');
      const text = readFileSync(join(folder, path), 'utf8');
      return [...text.matchAll(/'%(SEALWATCH_\w+)%'/g)].map(([, name]) => ({ app, name: name ?? '' }));
    });
  expect(named).not.toEqual([]);
  for (const { app, name } of named) expect(set(app as App)).toContain(name);
});

describe('local.settings.json.example', () => {
  const root = join(import.meta.dirname, '../..');
  const { Values: values } = JSON.parse(readFileSync(join(root, 'local.settings.json.example'), 'utf8')) as {
    Values: Record<string, string>;
  };
  const ours = Object.keys(values).filter((name) => name.startsWith('SEALWATCH_'));

  it('sets what the code reads, and nothing that it does not', () => {
    const everywhere = apps.flatMap(read);
    expect(ours.filter((name) => !everywhere.includes(name))).toEqual([]);
  });

  it('sets what functions are registered with, and where fleet.yaml is: each app starts with it', () => {
    const registered = apps
      .map((app) => readFileSync(join(root, `functions/${app}/manifest.json`), 'utf8'))
      .flatMap((text) => [...text.matchAll(/SEALWATCH_\w+/g)].map(([name]) => name));
    expect(registered).toContain('SEALWATCH_SCHEDULE');
    expect(ours).toEqual(expect.arrayContaining([...new Set(registered), 'SEALWATCH_FLEET']));
    for (const compose of [composeWatch, composeRotate, composeRecover])
      expect(() => compose(values)).not.toThrow();
  });
});
