/** A template deployed on paper: loops, conditions, modules and references resolved, so that a test sees what Azure would be sent. */
import { posix } from 'node:path';
import type { Node } from 'web-tree-sitter';
import { call, isObject, type Known, listOf, Made, memberOf, Part, shown } from './known.ts';
import { declarationParser, readTemplates } from './template.ts';
import { named } from './value.ts';

export type { Known } from './known.ts';
export { Made } from './known.ts';

type Names = Map<string, () => Known>;

const parse = await declarationParser();
const declarations = new Map<string, Node[]>();
for (const { path, text } of (await readTemplates()).values()) {
  if (path.endsWith('.bicep')) declarations.set(path, parse(text));
}

export interface Deployed {
  /** In the order of the templates, modules' in their place. Existing ones are not among them. */
  resources: Made[];
  outputs: Record<string, Known>;
}

/** @param path within infra/. */
export function deploy(path: string, params: Record<string, Known>): Deployed {
  const resources: Made[] = [];
  const { outputs, all } = template(path, params, (made) => resources.push(made));
  const values = Object.fromEntries(all.map((name) => [name, outputs(name)]));
  return { resources, outputs: values };
}

export function madeOf({ resources }: Deployed, type: string): Made[] {
  const found = resources.filter((made) => made.type === type);
  if (found.length === 0) throw new Error(`no ${type} is made`);
  return found;
}

function template(path: string, params: Record<string, Known>, make: (made: Made) => void) {
  const names: Names = new Map();
  const outputs: Names = new Map();
  for (const node of declarations.get(path) ?? []) {
    const [declared, ...rest] = named(node);
    const last = rest.at(-1);
    const kind = node.type.replace('_declaration', '');
    if (!declared || !last || !['parameter', 'variable', 'resource', 'module', 'output'].includes(kind))
      continue;
    const name = declared.text;
    const of = rest[0]?.text.slice(1, -1) ?? '';
    const existing = node.children.some((child) => child?.type === 'existing');
    const value = (): Known => {
      if (kind === 'parameter' && name in params) return params[name] ?? null;
      if (kind === 'parameter' && rest.length < 2) throw new Error(`${path}: ${name} is not given`);
      if (kind === 'resource') {
        return bodies(last, names, (body, own) => {
          const made = resource(of, evaluate(body, own), `${path} ${name}`);
          if (!existing) make(made);
          return made;
        });
      }
      if (kind === 'module') return bodies(last, names, (body, own) => moduleOf(path, of, body, own, make));
      return evaluate(last, names);
    };
    (kind === 'output' ? outputs : names).set(name, once(`${path}: ${name}`, value));
  }
  for (const value of names.values()) value();
  return { outputs: (name: string) => found(outputs, name), all: [...outputs.keys()] };
}

function once(where: string, value: () => Known): () => Known {
  let known: { value: Known } | undefined;
  return () => {
    try {
      known ??= { value: value() };
    } catch (error) {
      throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    return known.value;
  };
}

function found(names: Names, name: string): Known {
  const value = names.get(name);
  if (!value) throw new Error(`${name} is not declared`);
  return value();
}

/** Of a resource or module: behind its loop and its condition. What a condition leaves out is null. */
function bodies(node: Node, names: Names, one: (body: Node, names: Names) => Known): Known {
  if (node.type === 'for_statement') return loop(node, names, (body, own) => bodies(body, own, one));
  if (node.type === 'if_statement') {
    const [condition, body] = named(node);
    return condition && body && evaluate(condition, names) ? bodies(body, names, one) : null;
  }
  return one(node, names);
}

function resource(of: string, fields: Known, declared: string): Made {
  if (!isObject(fields)) throw new Error('no object');
  const [type = ''] = of.split('@');
  const own = shown(fields['name'] ?? '');
  const parent = fields['parent'];
  return new Made(type, parent instanceof Made ? `${parent.name}/${own}` : own, fields, declared);
}

function moduleOf(path: string, of: string, body: Node, names: Names, make: (made: Made) => void): Part {
  const fields = evaluate(body, names);
  const params = isObject(fields) ? (fields['params'] ?? {}) : {};
  if (!isObject(params)) throw new Error('no parameters');
  return new Part(template(posix.join(posix.dirname(path), of), params, make).outputs);
}

function loop(node: Node, names: Names, one: (body: Node, names: Names) => Known): Known[] {
  const [loops, list, body] = named(node);
  if (!loops || !list || !body) throw new Error(`no loop: ${node.text}`);
  const [item, at] = loops.type === 'for_loop_parameters' ? named(loops) : [loops];
  return listOf(evaluate(list, names)).map((value, index) => {
    const own: Names = new Map(names);
    if (item) own.set(item.text, () => value);
    if (at) own.set(at.text, () => index);
    return one(body, own);
  });
}

function evaluate(node: Node, names: Names): Known {
  const parts = named(node);
  const [first, second] = parts;
  const part = (at: number): Known => {
    const child = parts[at];
    if (!child) throw new Error(`cannot read ${node.text}`);
    return evaluate(child, names);
  };
  switch (node.type) {
    case 'string':
      return stringOf(node, names);
    case 'number':
      return Number(node.text);
    case 'boolean':
      return node.text === 'true';
    case 'null':
      return null;
    case 'identifier':
      return found(names, node.text);
    case 'array':
      return itemsOf(parts).map((one) => evaluate(one, names));
    case 'object':
      return Object.fromEntries(parts.map((property) => fieldOf(property, names)));
    case 'parenthesized_expression':
      return part(0);
    case 'for_statement':
      return loop(node, names, evaluate);
    case 'ternary_expression':
      return part(0) ? part(1) : part(2);
    case 'unary_expression':
      return node.text.startsWith('!') ? !part(0) : -Number(part(0));
    case 'binary_expression':
      return binary(
        node.children.find((child) => child && !child.isNamed)?.type ?? '',
        () => part(0),
        () => part(1),
      );
    case 'member_expression':
      return memberOf(part(0), second?.text ?? '');
    case 'subscript_expression': {
      const by = part(1);
      return memberOf(part(0), typeof by === 'number' ? by : shown(by));
    }
    case 'call_expression':
      return call(first?.text ?? '', second ? named(second).map((one) => evaluate(one, names)) : []);
    default:
      throw new Error(`cannot read ${node.type}: ${node.text}`);
  }
}

/** The grammar takes a call at the beginning of an item, `f().x`, for two items: nothing but the missing space shows it. */
function itemsOf(parts: Node[]): Node[] {
  const items: Node[][] = [];
  for (const part of parts) {
    const last = items.at(-1);
    if (last?.at(-1)?.endIndex === part.startIndex) last.push(part);
    else items.push([part]);
  }
  return items.map((item) => {
    const [only] = item;
    if (item.length === 1 && only) return only;
    const [variable] = parse(`var item = ${item.map(({ text }) => text).join('')}`);
    const value = variable && named(variable)[1];
    if (!value) throw new Error('no item');
    return value;
  });
}

function binary(operator: string, left: () => Known, right: () => Known): Known {
  if (operator === '&&') return Boolean(left()) && Boolean(right());
  if (operator === '||') return Boolean(left()) || Boolean(right());
  if (operator === '??') return left() ?? right();
  if (operator === '==') return shown(left()) === shown(right());
  if (operator === '!=') return shown(left()) !== shown(right());
  if (operator === '+') return Number(left()) + Number(right());
  if (operator === '>') return Number(left()) > Number(right());
  throw new Error(`${operator} is not known here`);
}

function fieldOf(property: Node, names: Names): [string, Known] {
  const [key, value] = named(property);
  if (!key || !value) throw new Error(`no property: ${property.text}`);
  return [key.type === 'string' ? shown(stringOf(key, names)) : key.text, evaluate(value, names)];
}

function stringOf(node: Node, names: Names): Known {
  const parts = named(node);
  const [only] = parts;
  // A string of nothing but a reference is that reference.
  if (parts.length === 1 && only?.type === 'interpolation') {
    const [inner] = named(only);
    const value = inner ? evaluate(inner, names) : '';
    return isObject(value) || Array.isArray(value) ? shown(value) : value;
  }
  return parts
    .map((part) => {
      const [inner] = named(part);
      if (part.type === 'interpolation') return inner ? shown(evaluate(inner, names)) : '';
      return part.text.replaceAll(/\\(.)/g, (_, one: string) => ({ n: '\n', t: '\t', r: '\r' })[one] ?? one);
    })
    .join('');
}
