import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Declaration,
  infra,
  parseTemplate,
  readTemplates,
  type Template,
  templateAt,
} from './bicep/template.ts';
import { bodyOf, isFields } from './bicep/value.ts';

const templates = await readTemplates();
const paths = [...templates.keys()];
const params = (template: Template) => template.declarations.filter(({ kind }) => kind === 'param');

/** What a caller gives and a template asks for, as far as they differ. */
function differences(template: Template, given: string[]): string[] {
  const asked = params(template);
  const needed = asked.filter(({ value }) => value === undefined).map(({ name }) => name);
  const known = new Set(asked.map(({ name }) => name));
  return [
    ...needed.filter((name) => !given.includes(name)).map((name) => `${name} is not given`),
    ...given.filter((name) => !known.has(name)).map((name) => `${name} is no parameter`),
  ];
}

/** Names that a file uses at the beginning of an expression and nowhere declares. */
function calls(template: Template): { module: Declaration; given: string[]; to: string }[] {
  return template.declarations
    .filter(({ kind }) => kind === 'module')
    .map((module) => {
      const given = bodyOf(module.value)['params'];
      return {
        module,
        given: isFields(given) ? Object.keys(given) : [],
        to: posix.join(posix.dirname(template.path), module.of),
      };
    });
}

describe('every template', () => {
  it('is there: the three deployments, their modules and three sets of parameters', () => {
    expect(paths).toEqual(
      expect.arrayContaining(['main.bicep', 'custodian.bicep', 'seal.bicep', 'grants.bicep']),
    );
    expect(paths.filter((path) => path.endsWith('.bicepparam'))).toHaveLength(3);
  });

  it.for(paths)('%s is Bicep', (path) => {
    expect(templateAt(templates, path).problems).toEqual([]);
  });

  it.for(paths)('%s declares nothing twice', (path) => {
    const names = templateAt(templates, path)
      .declarations.filter(({ kind }) => kind !== 'output')
      .map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it.for(paths)('%s uses each of its parameters and variables', (path) => {
    const { text, declarations } = templateAt(templates, path);
    const unused = declarations
      .filter(({ kind }) => kind === 'var' || kind === 'param')
      .filter(({ name }) => [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length < 2);
    // A file of parameters gives values to names of another file.
    expect(path.endsWith('.bicepparam') ? [] : unused.map(({ name }) => name)).toEqual([]);
  });

  it.for(paths)('%s gives each module what it asks for, and nothing else', (path) => {
    const wrong = calls(templateAt(templates, path)).flatMap(({ module, given, to }) =>
      existsSync(join(infra, to))
        ? differences(templateAt(templates, to), given).map((text) => `${module.name}: ${text}`)
        : [`${module.name}: there is no ${to}`],
    );
    expect(wrong).toEqual([]);
  });

  it.for(paths)('%s reads only outputs that its modules have', (path) => {
    const template = templateAt(templates, path);
    const wrong = calls(template).flatMap(({ module, to }) => {
      const outputs = templateAt(templates, to)
        .declarations.filter(({ kind }) => kind === 'output')
        .map(({ name }) => name);
      const read = new RegExp(`\\b${module.name}(?:\\[\\w+\\])?\\.outputs\\.(\\w+)`, 'g');
      return [...template.text.matchAll(read)]
        .map(([, name = '']) => name)
        .filter((name) => !outputs.includes(name))
        .map((name) => `${module.name}.outputs.${name}`);
    });
    expect(wrong).toEqual([]);
  });
});

it.for(paths.filter((path) => path.endsWith('.bicepparam')))(
  '%s gives its template what it asks for',
  (path) => {
    const { using = '', declarations } = templateAt(templates, path);
    expect(using).toBe('main.bicep');
    const given = declarations.map(({ name }) => name);
    expect(differences(templateAt(templates, using), given)).toEqual([]);
  },
);

describe('what is no Bicep is found', () => {
  it.for([
    ['a brace that is missing', 'resource a \'T@1\' = {\n  name: "a"\n'],
    ['a value that is missing', 'param a string =\nparam b string\n'],
    ['a word of nothing', 'resurce a'],
  ])('%s', async ([, text]) => {
    expect((await parseTemplate('broken.bicep', text ?? '')).problems).not.toEqual([]);
  });

  it('a parameter that a module does not have, and one that it misses', async () => {
    const asked = await parseTemplate('asked.bicep', "param a string\nparam b string = 'x'\n");
    expect(differences(asked, ['c'])).toEqual(['a is not given', 'c is no parameter']);
  });
});
