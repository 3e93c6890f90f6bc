/**
 * What a schema may say: every field, a field's absence, and every word of a closed list, each as a path. What of them a
 * value says; and values that say all of them.
 */
import type { z } from 'zod';

type Def = { type: string } & Record<string, unknown>;

const sampleText = ['x', 'a'.repeat(64)];
const sampleNumber = [1, 0];

function defOf(schema: unknown): Def {
  return (schema as { def: Def }).def;
}

function fieldsOf(def: Def): [string, unknown][] {
  return Object.entries(def['shape'] as Record<string, unknown>);
}

function wordsOf(def: Def): unknown[] {
  return def.type === 'literal'
    ? (def['values'] as unknown[])
    : Object.values(def['entries'] as Record<string, unknown>);
}

const isOptional = (schema: unknown) => defOf(schema).type === 'optional';

/** Everything that a value of the schema may say. */
export function pathsOf(schema: unknown, at = ''): string[] {
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
      return pathsOf(def['innerType'], at);
    case 'pipe':
      return pathsOf(def['in'], at);
    case 'object':
      return fieldsOf(def).flatMap(([name, field]) => {
        const path = `${at}.${name}`;
        return [...(isOptional(field) ? [`${path} absent`] : []), ...pathsOf(field, path)];
      });
    case 'array':
      return pathsOf(def['element'], `${at}[]`);
    case 'record':
      return [...pathsOf(def['keyType'], `${at}{name}`), ...pathsOf(def['valueType'], `${at}{}`)];
    case 'union':
      return (def['options'] as unknown[]).flatMap((option, index) => pathsOf(option, `${at}|${index}`));
    case 'enum':
    case 'literal':
      return wordsOf(def).map((word) => `${at} = ${String(word)}`);
    default:
      return [at];
  }
}

/** What this value says of it. */
export function saidBy(schema: unknown, value: unknown, at = ''): string[] {
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
      return saidBy(def['innerType'], value, at);
    case 'pipe':
      return saidBy(def['in'], value, at);
    case 'object':
      return fieldsOf(def).flatMap(([name, field]) => {
        const inner = (value as Record<string, unknown>)[name];
        const path = `${at}.${name}`;
        return inner === undefined ? [`${path} absent`] : saidBy(field, inner, path);
      });
    case 'array':
      return (value as unknown[]).flatMap((inner) => saidBy(def['element'], inner, `${at}[]`));
    case 'record':
      return Object.entries(value as object).flatMap(([name, inner]) => [
        ...saidBy(def['keyType'], name, `${at}{name}`),
        ...saidBy(def['valueType'], inner, `${at}{}`),
      ]);
    case 'union':
      return (def['options'] as z.ZodType[]).flatMap((option, index) =>
        option.safeParse(value).success ? saidBy(option, value, `${at}|${index}`) : [],
      );
    case 'enum':
    case 'literal':
      return [`${at} = ${String(value)}`];
    default:
      return [at];
  }
}

/** The first says the least. Together they say everything. */
export function valuesOf(schema: unknown): unknown[] {
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
      return valuesOf(def['innerType']);
    case 'pipe':
      return valuesOf(def['in']);
    case 'object': {
      const fields = fieldsOf(def).map(([name, field]) => [name, field, valuesOf(field)] as const);
      const least = fields
        .filter(([, field]) => !isOptional(field))
        .map(([name, , [first]]) => [name, first] as const);
      const most = Math.max(1, ...fields.map(([, , values]) => values.length));
      const full = Array.from({ length: most }, (_, n) =>
        fields.map(([name, , values]) => [name, values[n % values.length]] as const),
      );
      return [least, ...full].map((entries) => Object.fromEntries(entries));
    }
    case 'array': {
      const inner = valuesOf(def['element']);
      const whole = inner.length > 1 ? inner : [...inner, ...inner];
      return [[], whole, whole.slice(0, 1)].filter((values) => fits(schema, values));
    }
    case 'record': {
      const names = valuesOf(def['keyType']) as string[];
      const inner = valuesOf(def['valueType']);
      const size = Math.max(names.length, inner.length);
      const entries = Array.from({ length: size }, (_, n) => [
        names[n] ?? `${names[0]}${n}`,
        inner[n % inner.length],
      ]);
      return [{}, Object.fromEntries(entries)];
    }
    case 'union':
      return (def['options'] as unknown[]).flatMap(valuesOf);
    case 'enum':
    case 'literal':
      return wordsOf(def);
    case 'boolean':
      return [true, false];
    case 'date':
      return [new Date(Date.UTC(2026, 10, 22, 12))];
    case 'string':
      return [sampleText.find((text) => fits(schema, text))];
    case 'number':
      return [sampleNumber.find((one) => fits(schema, one))];
    default:
      throw new Error(`a schema of type ${def.type} has no sample here: add one`);
  }
}

function fits(schema: unknown, value: unknown): boolean {
  return (schema as z.ZodType).safeParse(value).success;
}
