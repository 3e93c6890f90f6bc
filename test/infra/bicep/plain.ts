/** A template's values as plain data, to compare with what is expected word for word. */
import type { Declaration, Template } from './template.ts';
import { Expression, isFields, textOf, type Value } from './value.ts';

export type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/** Text as it is, `${…}` in it, too; of other expressions `=` and how it is written, on one line. */
export function plain(value: Value | undefined): Plain {
  if (value === undefined) return null;
  if (Array.isArray(value)) return whole(value).map(plain);
  if (isFields(value))
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
  if (!(value instanceof Expression)) return value;
  return value.type === 'string' ? interpolated(value.text) : `=${onOneLine(value.text)}`;
}

/** On one line the grammar takes `[ a().b ]` for two elements, `a` and `().b`. */
function whole(elements: Value[]): Value[] {
  const joined: Value[] = [];
  for (const one of elements) {
    const before = joined.at(-1);
    const goesOn = one instanceof Expression && one.type === 'member_expression' && /^[([]/.test(one.text);
    if (goesOn && before instanceof Expression)
      joined.splice(-1, 1, new Expression(one.type, before.text + one.text, []));
    else joined.push(one);
  }
  return joined;
}

/** The same, with the template's own variables put in where a text names them. */
export function written(template: Template, value: Value | undefined): Plain {
  const fill = (one: Plain): Plain => {
    if (Array.isArray(one)) return one.map(fill);
    if (typeof one === 'object' && one !== null)
      return Object.fromEntries(Object.entries(one).map(([name, field]) => [name, fill(field)]));
    if (typeof one !== 'string') return one;
    return one.replaceAll(/\$\{(\w+)\}/g, (as, name: string) => {
      const own = template.declarations.find((each) => each.kind === 'var' && each.name === name);
      return own ? textOf(fill(plain(own.value))) : as;
    });
  };
  return fill(plain(value));
}

/** On what a declaration depends: `if (…)`, `for … in …`, both, or nothing. */
export function condition({ value }: Declaration): string {
  if (!(value instanceof Expression) || !/^(for|if)_statement$/.test(value.type)) return '';
  return onOneLine(value.text.slice(0, value.text.indexOf('{')))
    .replace(/^\[/, '')
    .replace(/:$/, '');
}

export function declared(template: Template, kind: Declaration['kind'], name: string): Declaration {
  const found = template.declarations.find((one) => one.kind === kind && one.name === name);
  if (!found) throw new Error(`${template.path} has no ${kind} ${name}`);
  return found;
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Between quotes, and quotes in it unescaped where they are no part of an expression. */
function interpolated(text: string): string {
  return text
    .slice(1, -1)
    .split(/(\$\{[^}]*\})/)
    .map((part) => (part.startsWith('${') ? part : part.replaceAll(/\\(.)/g, '$1')))
    .join('');
}
