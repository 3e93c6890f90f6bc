/** Bicep's expressions as values, as far as a template alone says what they are. */
import type { Node } from 'web-tree-sitter';

/** What only a deployment knows: how it is written, and what it is made of. */
export class Expression {
  /** Of tree-sitter-bicep: `ternary_expression`, `for_statement`, `call_expression`, … */
  readonly type: string;
  readonly text: string;
  /** Operands and arguments; of a ternary its two ends, of a loop its body. */
  readonly parts: Value[];

  constructor(type: string, text: string, parts: Value[]) {
    this.type = type;
    this.text = text;
    this.parts = parts;
  }
}

export interface Fields {
  [name: string]: Value;
}

export type Value = string | number | boolean | null | Value[] | Fields | Expression;

export function isFields(value: Value | undefined): value is Fields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Expression)
  );
}

export function named(node: Node): Node[] {
  return node.namedChildren.filter((child) => child.type !== 'comment');
}

export function valueOf(node: Node): Value {
  switch (node.type) {
    case 'string':
      return stringOf(node);
    case 'number':
      return Number(node.text);
    case 'boolean':
      return node.text === 'true';
    case 'null':
      return null;
    case 'array':
      return named(node).map(valueOf);
    case 'object':
      return fieldsOf(node);
    case 'ternary_expression':
      return new Expression(node.type, node.text, named(node).slice(1).map(valueOf));
    case 'for_statement':
    case 'if_statement':
      return new Expression(node.type, node.text, named(node).slice(-1).map(valueOf));
    case 'call_expression': {
      const given = named(node).find(({ type }) => type === 'arguments');
      return new Expression(node.type, node.text, given ? named(given).map(valueOf) : []);
    }
    default:
      return new Expression(node.type, node.text, []);
  }
}

function stringOf(node: Node): Value {
  if (node.descendantsOfType('interpolation').length > 0) return new Expression('string', node.text, []);
  return node.text
    .slice(1, -1)
    .replaceAll(/\\(u\{([0-9a-fA-F]+)\}|.)/g, (_, one: string, code?: string) =>
      code ? String.fromCodePoint(Number.parseInt(code, 16)) : ({ n: '\n', t: '\t', r: '\r' }[one] ?? one),
    );
}

function fieldsOf(node: Node): Fields {
  const fields: Fields = {};
  for (const property of named(node)) {
    const [key, value] = named(property);
    if (property.type !== 'object_property' || !key || !value)
      throw new Error(`not a property: ${property.text}`);
    const name = key.type === 'string' ? key.text.slice(1, -1) : key.text;
    if (name in fields) throw new Error(`${name} is written twice, line ${key.startPosition.row + 1}`);
    fields[name] = valueOf(value);
  }
  return fields;
}

/** Of a value that must be written out, such as a name. */
export function textOf(value: Value | undefined): string {
  if (typeof value !== 'string') throw new Error(`no plain text: ${JSON.stringify(value)}`);
  return value;
}

/** The fields of a resource, module or value behind its condition and its loop. */
export function bodyOf(value: Value | undefined): Fields {
  if (isFields(value)) return value;
  if (value instanceof Expression && /^(for|if)_statement$/.test(value.type)) return bodyOf(value.parts[0]);
  throw new Error(`no object: ${value instanceof Expression ? value.text : JSON.stringify(value)}`);
}
