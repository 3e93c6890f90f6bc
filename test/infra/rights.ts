/** What modules/access.bicep gives to whom, as lines: `APP SERVICE.RIGHT NAME`. */
import { type Template, variable } from './bicep/template.ts';
import { isFields, textOf, type Value } from './bicep/value.ts';
import { type App, apps, design } from './design.ts';

function rows(value: Value): Record<string, string>[] {
  if (!Array.isArray(value)) throw new Error('not a list of grants');
  return value.map((row) => {
    if (!isFields(row)) throw new Error('not a grant');
    return Object.fromEntries(Object.entries(row).map(([name, text]) => [name, textOf(text)]));
  });
}

export function givenRights(access: Template): string[] {
  const of = (name: string) => rows(variable(access, name));
  return [
    ...of('tableGrants').map((row) => `${row['app']} table.${row['access']} ${row['table']}`),
    ...of('ownQueues').flatMap(({ app, queue }) =>
      ['read', 'take', 'send'].map((right) => `${app} queue.${right} ${queue}`),
    ),
    ...of('nudges').map(({ app, queue }) => `${app} queue.send ${queue}`),
    ...of('containerGrants').map((row) => `${row['app']} blob.${row['access']} ${row['container']}`),
  ].sort();
}

export function allowedRights(): string[] {
  const of = (app: App): string[] => {
    const { writes, reads, nudges, creates, readsBlobs } = design[app];
    return [
      ...writes.tables.map((name) => `table.write ${name}`),
      ...reads.map((name) => `table.read ${name}`),
      ...writes.queues.flatMap((name) => ['read', 'take', 'send'].map((right) => `queue.${right} ${name}`)),
      ...nudges.map((name) => `queue.send ${name}`),
      ...writes.containers.map((name) => `blob.write ${name}`),
      ...creates.map((name) => `blob.create ${name}`),
      ...readsBlobs.map((name) => `blob.read ${name}`),
    ].map((right) => `${app} ${right}`);
  };
  return apps.flatMap(of).sort();
}
