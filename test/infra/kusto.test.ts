/** The KQL of every rule, by Microsoft's own parser. Azure looks at none when it is deployed (skipQueryValidation), and tells nobody. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { deploy, madeOf } from './bicep/deploy.ts';
import { isObject, type Known, listOf, memberOf, shown } from './bicep/known.ts';
import { readTemplates, resources } from './bicep/template.ts';
import { deployed } from './rights.ts';

const templates = await readTemplates();
const ruleType = 'Microsoft.Insights/scheduledQueryRules';

/** As much as is used here of Bridge.NET's translation of Kusto.Language. */
interface Kusto {
  KustoCode: { ParseAndAnalyze(text: string, globals: unknown): { GetDiagnostics(): Diagnostics } };
  GlobalState: { Default: unknown };
}
interface Diagnostics {
  Count: number;
  getItem(at: number): { Code: string; Message: string };
}

/** Both files write into the global object and its prototypes: so they have one of their own. */
function load(): Kusto {
  const context = createContext({});
  const folder = dirname(createRequire(import.meta.url).resolve('@kusto/language-service-next'));
  for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js'])
    runInContext(readFileSync(join(folder, file), 'utf8'), context);
  return runInContext('Kusto.Language', context) as Kusto;
}
const kusto = load();

/**
 * Columns that the rules name, as learn.microsoft.com/azure/azure-monitor/reference/tables has them. Of AzureDiagnostics those that
 * every workspace has of it: the callers' come with their first row.
 */
const tables = Object.entries({
  AppRequests: 'Name: string, Success: bool, ResultCode: string, _ResourceId: string',
  AppExceptions: 'ProblemId: string, _ResourceId: string',
  AZKVAuditLogs: 'OperationName: string, Identity: dynamic, _ResourceId: string',
  AzureDiagnostics: 'OperationName: string, _ResourceId: string',
})
  .map(([name, columns]) => `let ${name} = datatable(${columns})[];\n`)
  .join('');

function complaints(query: string): string[] {
  const found = kusto.KustoCode.ParseAndAnalyze(tables + query, kusto.GlobalState.Default).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, at) => {
    const { Code, Message } = found.getItem(at);
    return `${Code} ${Message}`;
  });
}

const custodian = (vaultName: string, recoverPrincipalId: string) =>
  deploy('custodian.bicep', {
    vaultName,
    recoverPrincipalId,
    breakGlassGroupId: 'break-glass',
    alertEmails: ['owner@example.com'],
  });
const made = [deployed, custodian('kv-a', 'recover'), custodian('kv-without-recover', '')].flatMap((one) =>
  madeOf(one, ruleType),
);
const queries = made.flatMap(({ name, fields }) =>
  listOf(memberOf(memberOf(fields['properties'] ?? null, 'criteria'), 'allOf')).map((one: Known) => {
    if (!isObject(one)) throw new Error(`${name}: no condition`);
    return [name, shown(one['query'] ?? '')] as const;
  }),
);

it('every rule of infra/ is among them', () => {
  const declared = [...templates.values()].flatMap((template) =>
    resources(template, ruleType).map(({ name }) => `${template.path} ${name}`),
  );
  expect(declared).not.toEqual([]);
  expect(declared.filter((one) => !made.some((rule) => rule.declared === one))).toEqual([]);
  expect(queries.filter(([, query]) => query === '')).toEqual([]);
});

it.each(queries)('%s is KQL, of tables, columns and functions that there are', (_name, query) => {
  expect(complaints(query)).toEqual([]);
});

describe('the parser is asked', () => {
  const [, unwrapped = ''] = queries.find(([name]) => name.endsWith('-unwrapped-by-another')) ?? [];
  const [, poison = ''] = queries.find(([name]) => name.endsWith('-poison')) ?? [];

  it.each([
    ['a column with the name of a keyword', unwrapped.replaceAll('caller', 'by'), /^KS228 The name 'by'/],
    ['a column that is not there', poison.replace('Name ', 'FunctionName '), /^KS142 .*'FunctionName'/],
    ['a function that is not there', unwrapped.replace('isempty', 'empty'), /^KS211 .*'empty'/],
    ['an operator that is not there', poison.replace('where', 'wherever'), /^KS/],
    ['a table that is not there', poison.replace('AppRequests', 'Requests'), /^KS204 .*'Requests'/],
    ['a text that does not end', `${poison}"`, /^KS/],
  ])('and refuses %s', (_what, query, why) => {
    expect(queries.map(([, one]) => one)).not.toContain(query);
    expect(complaints(query)).toContainEqual(expect.stringMatching(why));
  });
});
