/** What main.bicep gives to whom in the data account, as lines: `WHO SERVICE.RIGHT NAME`. */
import { deploy, type Known } from './bicep/deploy.ts';
import { type App, apps, design, type People, people } from './design.ts';
import { type Assigned, assignedBy } from './roles.ts';

/** Where two parameters have the same value no test tells them apart. */
const asked: Record<string, Known> = {
  fleetWriters: ['fleet-writers'],
  importers: ['importers'],
  breakGlass: ['break-glass'],
  alertEmails: ['platform@example.com'],
  githubRepository: 'owner/name',
  entraTenantId: 'tenant of people',
  entraClientIds: ['cli', 'portal'],
  escrowVaults: ['escrow vault'],
  sealVaults: ['seal vault'],
  sealHosts: ['seal host'],
  sinkVaults: ['sink vault'],
  sinkHosts: ['sink host'],
  endpointHosts: ['endpoint host'],
  loginAudiences: ['audience of Vault'],
  runbooks: 'runbooks',
  watchAudience: 'audience of watch',
  rotateAudience: 'audience of rotate',
  recoverAudience: 'audience of recover',
  keyVaults: { watch: ['vault of watch'], rotate: ['vault of rotate'], recover: ['vault of recover'] },
  maximumInstances: { watch: 41, rotate: 42, recover: 43 },
};

export const deployed = deploy('main.bicep', asked);

/** What a role lets its holder do, in the words of test/servers/rights-proxy.ts. */
const words: Record<string, string> = {
  'Storage Table Data Contributor': 'write',
  'Storage Table Data Reader': 'read',
  'Storage Blob Data Contributor': 'write',
  'Storage Blob Data Reader': 'read',
  'Storage Queue Data Message Sender': 'send',
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action': 'create',
  'Microsoft.Storage/storageAccounts/queueServices/queues/read': 'length',
  'Microsoft.Storage/storageAccounts/queueServices/queues/messages/read': 'peek',
  'Microsoft.Storage/storageAccounts/queueServices/queues/messages/write': 'update',
  'Microsoft.Storage/storageAccounts/queueServices/queues/messages/add/action': 'send',
  'Microsoft.Storage/storageAccounts/queueServices/queues/messages/process/action': 'take',
};

function linesOf({ who, on, role }: Assigned): string[] {
  const [service, name] = on.split(' ');
  return [role].flat().map((one) => `${who} ${service}.${words[one] ?? one} ${name}`);
}

/** Of everybody in the data account. */
export function givenRights(): string[] {
  return assignedBy(deployed)
    .filter(({ on }) => /^(table|queue|blob) /.test(on) || on.startsWith('storageAccounts/swdata'))
    .flatMap(linesOf)
    .sort();
}

/** Of one: `SERVICE.RIGHT NAME`. */
export function rightsOf(who: App | People): string[] {
  const own = givenRights().filter((right) => right.startsWith(`${who} `));
  return own.map((right) => right.slice(who.length + 1));
}

export function allowedRights(): string[] {
  const of = (app: App): string[] => {
    const { writes, reads, nudges, creates, readsBlobs } = design[app];
    return [
      ...writes.tables.map((name) => `table.write ${name}`),
      ...reads.map((name) => `table.read ${name}`),
      ...writes.queues.flatMap((name) =>
        ['length', 'peek', 'take', 'send', 'update'].map((right) => `queue.${right} ${name}`),
      ),
      ...nudges.map((name) => `queue.send ${name}`),
      ...writes.containers.map((name) => `blob.write ${name}`),
      ...creates.map((name) => `blob.create ${name}`),
      ...readsBlobs.map((name) => `blob.read ${name}`),
    ].map((right) => `${app} ${right}`);
  };
  return apps.flatMap(of).sort();
}

export function peoplesRights(): string[] {
  return (Object.keys(people) as People[])
    .flatMap((group) => people[group].map((right) => `${group} ${right}`))
    .sort();
}
