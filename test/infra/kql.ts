/**
 * As much of KQL as a custodian's alarms use, run over rows of a log: union, where, extend and a few functions. Kusto is not
 * here: whatever this does not know it refuses.
 */
export type Row = Record<string, unknown>;

/** What every workspace has of it; a row may bring columns besides, as AzureDiagnostics gets them. */
export interface Table {
  columns: readonly string[];
  rows: readonly Row[];
}
export type Workspace = Record<string, Table>;

type Value = (row: Row) => unknown;

const isEmpty = (one: unknown) => one === null || one === undefined || one === '';
/** As `tostring()` does. */
const words = (one: unknown): string => {
  if (isEmpty(one)) return '';
  return typeof one === 'string' ? one : JSON.stringify(one);
};
const lower = (one: unknown) => words(one).toLowerCase();

/** https://learn.microsoft.com/kusto/query/: `coalesce` of strings takes the first that is not empty. */
const functions: Record<string, (...given: unknown[]) => unknown> = {
  tostring: words,
  parse_json: (text) => (isEmpty(text) ? null : JSON.parse(words(text))),
  coalesce: (...given) => given.find((one) => !isEmpty(one)) ?? '',
  isempty: isEmpty,
};
const comparisons: Record<string, (left: unknown, right: unknown) => boolean> = {
  '==': (left, right) => left === right,
  '!~': (left, right) => lower(left) !== lower(right),
  endswith: (left, right) => lower(left).endsWith(lower(right)),
  in: (left, right) => (right as unknown[]).includes(left),
};

/** The rows that a query finds. @throws Error of a table or column that is not there, and of what this does not know */
export function found(query: string, workspace: Workspace): Row[] {
  const tokens = query.match(/"[^"]*"|\w+|==|!~|[^\s]/g) ?? [];
  const next = () => tokens.shift() ?? '';
  const take = (token: string) => {
    if (next() !== token) throw new Error(`no ${token} where there should be one: ${query}`);
  };
  const comes = (token: string) => tokens[0] === token && Boolean(tokens.shift());
  const listOf = <T>(one: () => T): T[] => {
    const all = [one()];
    while (comes(',')) all.push(one());
    return all;
  };
  const inBrackets = <T>(one: () => T): T => {
    take('(');
    const value = one();
    take(')');
    return value;
  };

  /** Nothing of a table that is not there, where a union may leave it out. */
  const piped = (fuzzy: boolean): Row[] => {
    let rows = comes('union') ? union() : tableOf(next(), fuzzy);
    while (comes('|')) {
      const operator = next();
      if (operator === 'where') {
        const holds = anyOf();
        rows = rows.filter((row) => holds(row) === true);
      } else if (operator === 'extend') {
        const name = next();
        take('=');
        const value = anyOf();
        rows = rows.map((row) => ({ ...row, [name]: value(row) }));
      } else throw new Error(`| ${operator} is not known here`);
    }
    return rows;
  };
  const union = (): Row[] => {
    const fuzzy = comes('isfuzzy');
    if (fuzzy) for (const token of ['=', 'true']) take(token);
    return listOf(() => inBrackets(() => piped(fuzzy))).flat();
  };
  const tableOf = (name: string, fuzzy: boolean): Row[] => {
    const table = workspace[name];
    if (!table && !fuzzy) throw new Error(`no table ${name}`);
    const columns = [...(table?.columns ?? []), ...(table?.rows ?? []).flatMap((row) => Object.keys(row))];
    const blank = Object.fromEntries(columns.map((column) => [column, '']));
    return (table?.rows ?? []).map((row) => ({ ...blank, ...row }));
  };

  const anyOf = (): Value => {
    const one = compared();
    if (!comes('or')) return one;
    const other = anyOf();
    return (row) => one(row) === true || other(row) === true;
  };
  const compared = (): Value => {
    const left = member();
    const compare = comparisons[tokens[0] ?? ''];
    if (!compare) return left;
    const right = next() === 'in' ? literals() : member();
    return (row) => compare(left(row), right(row));
  };
  const literals = (): Value => {
    const all = inBrackets(() => listOf(next)).map((token) => token.slice(1, -1));
    return () => all;
  };
  const member = (): Value => {
    let value = single();
    while (tokens[0] === '.' || tokens[0] === '[') {
      const of = value;
      const dotted = next() === '.';
      const name = dotted ? next() : next().slice(1, -1);
      if (!dotted) take(']');
      value = (row) => (of(row) as Row | null)?.[name] ?? null;
    }
    return value;
  };
  const single = (): Value => {
    const token = next();
    if (token.startsWith('"')) return () => token.slice(1, -1);
    if (tokens[0] !== '(') return (row) => columnOf(row, token);
    const given = inBrackets(() => listOf(anyOf));
    if (token === 'column_ifexists') {
      const [column = '', otherwise] = given.map((one) => words(one({})));
      return (row) => (column in row ? row[column] : otherwise);
    }
    const call = functions[token];
    if (!call) throw new Error(`${token}() is not known here`);
    return (row) => call(...given.map((one) => one(row)));
  };
  const columnOf = (row: Row, name: string): unknown => {
    if (!(name in row)) throw new Error(`no column ${name}`);
    return row[name];
  };

  const rows = piped(false);
  if (tokens.length > 0) throw new Error(`left over: ${tokens.join(' ')}`);
  return rows;
}
