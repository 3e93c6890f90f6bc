/**
 * Private endpoints are made one after another. Of two at once in one subnet, or on one account, Azure refuses one now and
 * then: AnotherOperationInProgress (Azure/bicep-registry-modules#962), StorageAccountOperationInProgress (#6001).
 */
import { posix } from 'node:path';
import { expect, it } from 'vitest';
import {
  type Declaration,
  parseTemplate,
  readTemplates,
  type Template,
  templateAt,
} from './bicep/template.ts';
import { Expression } from './bicep/value.ts';

const templates = await readTemplates();
const endpoint = 'Microsoft.Network/privateEndpoints';

const isLoop = ({ value }: Declaration) => value instanceof Expression && value.type === 'for_statement';

/** From its decorators to its end, without comments, and of texts only what is put in. */
function written({ text, declarations }: Template, { kind, name }: Declaration): string {
  const begins = text.search(new RegExp(`^${kind} ${name}\\b`, 'm'));
  const decorators = text.slice(0, begins).split('\n\n').at(-1) ?? '';
  const next = declarations
    .map((one) => text.search(new RegExp(`^${one.kind} ${one.name}\\b`, 'm')))
    .filter((at) => at > begins);
  return `${decorators}${text.slice(begins, Math.min(...next, text.length)).split(/^@/m)[0]}`
    .replaceAll(/\/\/.*$/gm, '')
    .replaceAll(/'(?:[^'\\]|\\.)*'/g, (quoted) => (quoted.match(/\$\{[^}]*\}/g) ?? []).join(' '));
}

/** Whatever must be there before it, by name: what it mentions, and what that does. */
function before(template: Template, one: Declaration, seen = new Set<string>()): Set<string> {
  const text = written(template, one);
  for (const other of template.declarations) {
    if (other === one || other.kind === 'output' || seen.has(other.name)) continue;
    // A name of its own, and not a property's or a parameter's that it is given to.
    if (!new RegExp(`(?<![\\w.])${other.name}\\b(?!\\s*:)`).test(text)) continue;
    seen.add(other.name);
    before(template, other, seen);
  }
  return seen;
}

function makesEndpoints(template: Template, { kind, of }: Declaration): boolean {
  if (kind === 'resource') return of.startsWith(`${endpoint}@`);
  if (kind !== 'module') return false;
  const inner = templateAt(templates, posix.join(posix.dirname(template.path), of));
  return inner.declarations.some((one) => makesEndpoints(inner, one));
}

/** Endpoints that Azure may be asked for at once. */
function atOnce(template: Template): string[] {
  const makers = template.declarations.filter((one) => makesEndpoints(template, one));
  const loops = makers.filter((one) => isLoop(one) && !/@batchSize\(1\)\s/.test(written(template, one)));
  const pairs = makers.flatMap((one, at) =>
    makers
      .slice(at + 1)
      .filter((two) => !before(template, one).has(two.name) && !before(template, two).has(one.name))
      .map((two) => `${one.name} and ${two.name}`),
  );
  return [...loops.map(({ name }) => `each of ${name}`), ...pairs];
}

const making = [...templates.values()].filter((template) =>
  template.declarations.some((one) => makesEndpoints(template, one)),
);

it('these templates and modules make some', () => {
  expect(making.map(({ path }) => path)).toEqual([
    'custodian.bicep',
    'grants.bicep',
    'main.bicep',
    'modules/data-storage.bicep',
    'modules/key-vault.bicep',
    'modules/private-endpoint.bicep',
    'seal.bicep',
  ]);
});

it.for(making.map((template) => [template.path, template] as const))(
  '%s makes no two at once',
  ([, template]) => {
    expect(atOnce(template)).toEqual([]);
  },
);

it('those of the data account come when nothing else is written to it', () => {
  const data = templateAt(templates, 'modules/data-storage.bicep');
  const endpoints = data.declarations.find(({ name }) => name === 'endpoints');
  if (!endpoints) throw new Error('no endpoints');
  expect([...before(data, endpoints)]).toEqual(
    expect.arrayContaining(['account', 'blobService', 'lifecycle']),
  );
});

it('an app comes after its rights, and when its storage can be found: after the endpoint', () => {
  const main = templateAt(templates, 'main.bicep');
  const app = main.declarations.find(({ name }) => name === 'functionApps');
  if (!app) throw new Error('no apps');
  expect([...before(main, app)]).toEqual(expect.arrayContaining(['access', 'data', 'hostEndpoints']));
});

it.for([
  ['a loop', "resource a 'TYPE' = [for i in range(0, 2): {\n  name: 'a'\n}]\n", ['each of a']],
  ['two', "resource a 'TYPE' = {\n  name: 'b'\n}\n\nresource b 'TYPE' = {\n  name: 'a'\n}\n", ['a and b']],
  [
    'two by chance in order',
    "resource a 'TYPE' = {\n  name: 'x'\n}\n\n// After a.\nresource b 'TYPE' = {\n  a: 'a'\n}\n",
    ['a and b'],
  ],
  [
    'one of the other',
    "resource a 'TYPE' = {\n  name: 'x'\n}\n\nresource b 'TYPE' = {\n  dependsOn: [ a ]\n}\n",
    [],
  ],
] as const)('finds what is asked for at once: %s', async ([, text, found]) => {
  expect(atOnce(await parseTemplate('it.bicep', text.replaceAll('TYPE', `${endpoint}@2024-05-01`)))).toEqual(
    found,
  );
});
