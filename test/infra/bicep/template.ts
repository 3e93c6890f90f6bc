/** Templates of infra/, parsed by tree-sitter-bicep: syntax, declarations, and what they say. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { bodyOf, type Fields, named, type Value, valueOf } from './value.ts';

export interface Declaration {
  kind: 'param' | 'var' | 'resource' | 'module' | 'output';
  name: string;
  /** Of a resource `TYPE@VERSION`, of a module its path, of params and outputs their type. */
  of: string;
  existing: boolean;
  value?: Value;
  line: number;
}

export interface Template {
  /** Within infra/. */
  path: string;
  text: string;
  /** `LINE: TEXT` of what is no Bicep. */
  problems: string[];
  /** Of a .bicepparam: the template that it is for. */
  using?: string;
  declarations: Declaration[];
}

export const infra = join(import.meta.dirname, '../../../infra');

const grammar = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');
let parser: Promise<Parser> | undefined;

async function bicepParser(): Promise<Parser> {
  parser ??= Parser.init().then(async () => new Parser().setLanguage(await Language.load(grammar)));
  return parser;
}

/** Every .bicep and .bicepparam of infra/. */
export async function readTemplates(): Promise<Map<string, Template>> {
  const paths = readdirSync(infra, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.bicep(param)?$/.test(path),
  );
  const read = await Promise.all(
    paths.sort().map((path) => parseTemplate(path, readFileSync(join(infra, path), 'utf8'))),
  );
  return new Map(read.map((template) => [template.path, template]));
}

/** A parser whose trees live as long as the process does. */
export async function declarationParser(): Promise<(text: string) => Node[]> {
  const own = await bicepParser();
  return (text) => {
    const tree = own.parse(text);
    if (!tree || tree.rootNode.hasError) throw new Error('no Bicep');
    return named(tree.rootNode);
  };
}

export async function parseTemplate(path: string, text: string): Promise<Template> {
  // The grammar knows `using`, and not that a parameter file gives values: there it is read as a variable.
  const known = path.endsWith('.bicepparam') ? text.replaceAll(/^param (?=\w+ *=)/gm, 'var   ') : text;
  const tree = (await bicepParser()).parse(known);
  if (!tree) throw new Error(`${path} was not parsed`);
  const problems = problemsIn(tree.rootNode);
  const using = tree.rootNode.namedChildren.find((node) => node?.type === 'using_statement');
  const template: Template = {
    path,
    text,
    problems,
    // What is read of a broken file is guesswork.
    declarations: problems.length > 0 ? [] : named(tree.rootNode).flatMap(declarationOf),
    ...(using && { using: using.text.replace(/^using\s*'(.*)'$/s, '$1') }),
  };
  tree.delete();
  return template;
}

function problemsIn(node: Node): string[] {
  const own = node.isError || node.isMissing;
  const here = own ? [`${node.startPosition.row + 1}: ${node.text.slice(0, 60) || node.type}`] : [];
  const children = node.children.filter((child) => child.hasError || child.isMissing);
  return [...here, ...children.flatMap(problemsIn)];
}

const kinds: Record<string, Declaration['kind']> = {
  parameter_declaration: 'param',
  variable_declaration: 'var',
  resource_declaration: 'resource',
  module_declaration: 'module',
  output_declaration: 'output',
};

function declarationOf(node: Node): Declaration[] {
  const kind = kinds[node.type];
  if (!kind) return [];
  const [name, ...rest] = named(node);
  const typed = kind === 'var' ? undefined : rest.shift();
  const last = rest.at(-1);
  return [
    {
      kind,
      name: name?.text ?? '',
      of: typed?.text.replaceAll("'", '') ?? '',
      existing: node.children.some((child) => child?.type === 'existing'),
      ...(last && { value: valueOf(last) }),
      line: node.startPosition.row + 1,
    },
  ];
}

export function templateAt(templates: Map<string, Template>, path: string): Template {
  const template = templates.get(path);
  if (!template) throw new Error(`infra/${path} is not there`);
  return template;
}

export function variable(template: Template, name: string): Value {
  const found = template.declarations.find((one) => one.kind === 'var' && one.name === name);
  if (found?.value === undefined) throw new Error(`${template.path} has no variable ${name}`);
  return found.value;
}

/** Resources that a template makes, of a type without its version; with their fields. */
export function resources(template: Template, type?: string): (Declaration & { fields: Fields })[] {
  return template.declarations
    .filter(({ kind, existing }) => kind === 'resource' && !existing)
    .filter(({ of }) => type === undefined || of.split('@')[0] === type)
    .map((one) => ({ ...one, fields: bodyOf(one.value) }));
}
