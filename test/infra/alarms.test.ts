/** What the watcher's watchers ask, when, and whom they tell: word for word, with names that the code has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cron } from 'croner';
import { describe, expect, it } from 'vitest';
import { alertRule } from './alert-rule.ts';
import { condition, declared, plain, written } from './bicep/plain.ts';
import { infra, readTemplates, resources, templateAt, variable } from './bicep/template.ts';
import { bodyOf, textOf } from './bicep/value.ts';
import { apps } from './design.ts';

const templates = await readTemplates();
const at = (path: string) => templateAt(templates, path);
const watching = at('modules/watching.bicep');

const functions = apps.flatMap((app) => {
  const file = join(infra, `../functions/${app}/manifest.json`);
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
    functions: { name: string; trigger: { type: string; queueName?: string } }[];
  };
  return manifest.functions.map(({ name, trigger }) => ({ app, name, ...trigger }));
});

describe('what watches the watcher', () => {
  it('asks these questions, so often, of so long a time', () => {
    expect(written(watching, variable(watching, 'rules'))).toEqual([
      {
        name: 'no-sweep',
        severity: 0,
        description: 'No sweep of watch succeeded for 5 minutes: nobody looks at any Vault.',
        query:
          'AppRequests | where Name == "probe" and Success == true and _ResourceId =~ "${watchInsightsId}" | summarize found = count() | where found == 0',
        window: 'PT5M',
        every: 'PT1M',
        above: 0,
      },
      {
        name: 'poison',
        severity: 1,
        description: 'A queue message failed five times: see the finding and the log of that app.',
        query: `AppRequests | where Name endswith "-poison" ${ofApps}`,
        window: 'PT15M',
        every: 'PT5M',
        above: 0,
      },
      {
        name: 'failures',
        severity: 2,
        description: 'More than five failed runs or exceptions within 15 minutes.',
        query: `union (AppRequests | where Success == false and toint(ResultCode) !between (400 .. 499)), AppExceptions ${ofApps}`,
        window: 'PT15M',
        every: 'PT5M',
        above: 5,
      },
    ]);
  });

  // '${join(…)}' writes 'a', 'b', 'c'.
  const ofApps = "| where _ResourceId in~ ('${join(insightsIds, '\\', \\'')}')";

  it('asks all of them, and calls the action group', () => {
    const alerts = declared(watching, 'resource', 'alerts');
    expect(condition(alerts)).toBe('for rule in rules');
    const { kind, properties } = bodyOf(alerts.value);
    expect(kind).toBe('LogAlert');
    expect(plain(properties)).toEqual(
      alertRule('=rule.above', {
        displayName: '${namePrefix}: ${rule.name}',
        autoMitigate: true,
        evaluationFrequency: '=rule.every',
        windowSize: '=rule.window',
        actions: { actionGroups: ['=actionGroupId'] },
      }),
    );
  });

  it('is deployed always, about these apps, for these people', () => {
    const main = at('main.bicep');
    const module = declared(main, 'module', 'watching');
    expect(condition(module)).toBe('');
    expect(plain(bodyOf(module.value)['params'])).toMatchObject({
      workspaceId: '=monitoring.outputs.workspaceId',
      actionGroupId: '=monitoring.outputs.actionGroupId',
      watchInsightsId: '=functionApps[0].outputs.insightsId',
      insightsIds: [0, 1, 2].map((app) => `=functionApps[${app}].outputs.insightsId`),
      alertEmails: '=alertEmails',
    });
    expect(plain(variable(main, 'apps'))).toEqual(['watch', 'rotate', 'recover']);
    expect(condition(declared(main, 'module', 'functionApps'))).toBe('for (app, i) in apps');
    expect(condition(declared(main, 'module', 'monitoring'))).toBe('');
  });

  it('names functions that there are: the timer of the sweep, and those of poison queues alone', () => {
    const [sweep, poison] = variable(watching, 'rules') as { query: string }[];
    const [, name] = /Name == "([\w-]+)"/.exec(textOf(plain(sweep?.query))) ?? [];
    expect(functions.filter((one) => one.name === name)).toEqual([
      expect.objectContaining({ app: 'watch', type: 'timerTrigger' }),
    ]);
    const [, ending = 'none'] = /Name endswith "([\w-]+)"/.exec(textOf(plain(poison?.query))) ?? [];
    const queues = functions.filter((one) => one.queueName?.endsWith('-poison'));
    expect(queues.map((one) => one.name)).toEqual(queues.map((one) => one.queueName));
    expect(functions.filter((one) => one.name.endsWith(ending))).toEqual(queues);
    expect(queues).toHaveLength(4);
  });

  it('waits longer than any schedule that may be deployed lets pass between two sweeps', () => {
    const [, list = ''] =
      /^@allowed\(\[(.*)\]\)\nparam schedule string = /m.exec(at('main.bicep').text) ?? [];
    const allowed = [...list.matchAll(/'([^']+)'/g)].map(([, schedule = '']) => schedule);
    expect(allowed).toContain(plain(declared(at('main.bicep'), 'param', 'schedule').value));
    for (const schedule of allowed) {
      const runs = new Cron(schedule, { paused: true, timezone: 'UTC' }).nextRuns(20, '2026-01-01T00:00:00Z');
      const gaps = runs.slice(1).map((run, i) => (run.getTime() - (runs[i]?.getTime() ?? 0)) / 60_000);
      // Two in every window of 5 minutes: one that fails is no outage.
      expect(Math.max(...gaps), schedule).toBeLessThanOrEqual(2.5);
    }
  });

  it('mails people itself, and is read and written with roles, not keys', () => {
    const monitoring = at('modules/monitoring.bicep');
    const properties = (name: string) =>
      plain(bodyOf(declared(monitoring, 'resource', name).value)['properties']);
    expect(properties('people')).toEqual({
      enabled: true,
      groupShortName: 'sealwatch',
      emailReceivers:
        '=[for address in alertEmails: { name: address emailAddress: address useCommonAlertSchema: true }]',
    });
    expect(properties('workspace')).toMatchObject({ features: { disableLocalAuth: true } });
    const outputs = monitoring.declarations.filter(({ kind }) => kind === 'output');
    expect(Object.fromEntries(outputs.map(({ name, value }) => [name, plain(value)]))).toEqual({
      workspaceId: '=workspace.id',
      actionGroupId: '=people.id',
    });
  });

  it('counts the month’s cost where there is a budget, from a month that Azure takes', () => {
    const budget = declared(watching, 'resource', 'budget');
    expect(condition(budget)).toBe('if (monthlyBudget > 0)');
    const told = { enabled: true, contactEmails: '=alertEmails' };
    expect(plain(bodyOf(budget.value)['properties'])).toEqual({
      category: 'Cost',
      amount: '=monthlyBudget',
      timeGrain: 'Monthly',
      timePeriod: { startDate: '=budgetStart' },
      notifications: {
        near: { ...told, operator: 'GreaterThanOrEqualTo', threshold: 80, thresholdType: 'Actual' },
        reached: { ...told, operator: 'GreaterThanOrEqualTo', threshold: 100, thresholdType: 'Actual' },
        forecast: { ...told, operator: 'GreaterThan', threshold: 100, thresholdType: 'Forecasted' },
      },
    });
    expect(plain(declared(at('main.bicep'), 'param', 'budgetStart').value)).toBe("=utcNow('yyyy-MM-01')");
    for (const { path, declarations } of templates.values()) {
      const given = path.endsWith('.bicepparam') ? declarations : [];
      const start = given.find(({ name }) => name === 'budgetStart');
      if (start) expect(plain(start.value), path).toMatch(/^\d{4}-\d{2}-01$/);
      // Without one each new month would ask for another start, which Azure refuses.
      expect(
        given.some(({ name }) => name === 'monthlyBudget'),
        path,
      ).toBe(start !== undefined);
    }
  });
});

it('whoever writes or deletes a blob of the data account is noted', () => {
  const log = declared(at('modules/data-storage.bicep'), 'resource', 'blobLog');
  expect(condition(log)).toBe('');
  const { scope, properties } = bodyOf(log.value);
  expect(plain(scope)).toBe('=blobService');
  expect(plain(properties)).toEqual({
    workspaceId: '=workspaceId',
    logs: ['StorageWrite', 'StorageDelete'].map((category) => ({ category, enabled: true })),
  });
});

it('every rule and alert of infra/ is one of these', () => {
  const found = [...templates.values()].flatMap((template) =>
    ['scheduledQueryRules', 'activityLogAlerts', 'actionGroups'].flatMap((type) =>
      resources(template, `Microsoft.Insights/${type}`).map(({ name, fields }) => {
        const { enabled } = bodyOf(fields['properties']);
        return `${template.path} ${name}: ${enabled === true ? 'on' : 'off'}`;
      }),
    ),
  );
  expect(found.sort()).toEqual([
    'modules/custodian-alarms.bicep alarms: on',
    'modules/custodian-alarms.bicep changes: on',
    'modules/custodian-alarms.bicep owner: on',
    'modules/monitoring.bicep people: on',
    'modules/watching.bicep alerts: on',
  ]);
});
