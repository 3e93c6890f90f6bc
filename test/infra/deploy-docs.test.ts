/** docs/deploy.md, azure.yaml and the workflow that deploys: everything they name is there, under this name. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { apps as packaged } from '../../package/apps.ts';
import { readLimits } from '../../shared/fleet/limits.ts';
import { parseFleet } from '../../shared/fleet/parse.ts';
import { readPeopleSettings } from '../../shared/people/settings.ts';
import { deploy, madeOf } from './bicep/deploy.ts';
import { plain } from './bicep/plain.ts';
import { readTemplates, resources, type Template, templateAt } from './bicep/template.ts';
import { bodyOf, Expression, isFields } from './bicep/value.ts';
import { settingsOf } from './site-settings.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const text = read('docs/deploy.md');
const templates = await readTemplates();
const main = templateAt(templates, 'main.bicep');

const fences = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind = '', body = '']) => ({
  kind,
  body,
}));
/** Commands, a line each. */
const commands = fences
  .filter(({ kind }) => kind === '')
  .flatMap(({ body }) => body.replaceAll(/\\\n\s*/g, '').split('\n'));
const inline = [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
  ([, code = '']) => code,
);

function namesOf(template: Template, kind: 'param' | 'output'): string[] {
  return template.declarations.filter((one) => one.kind === kind).map(({ name }) => name);
}

/** Every distinct match of a group. */
function found(pattern: RegExp, where: string): string[] {
  return [...new Set([...where.matchAll(pattern)].map(([, name = '']) => name))];
}

describe('docs/deploy.md', () => {
  it('has ten steps, in order', () => {
    const numbers = found(/^### (\d+)\. /gm, text);
    expect(numbers).toEqual(Array.from({ length: 10 }, (_, at) => String(at + 1)));
  });

  it('says of each step that needs Azure that it was not run, and of no other', () => {
    const steps = text.split(/^### /m).slice(1);
    for (const step of steps.map((each) => each.split(/^## /m)[0] ?? '')) {
      const needsAzure = /^(\w+=\$\()?azd? /m.test(step) || step.includes('upload as in step 7');
      expect(step.includes('*Not run here*'), step.split('\n')[0]).toBe(needsAzure);
    }
  });

  it('names files that are there, or that npm run package makes', () => {
    const paths = found(
      /((?:infra|docs|test|build|\.github)\/[\w./*-]+|azure\.yaml)/g,
      [...inline, ...commands].join('\n'),
    );
    const made = [...packaged.map((app) => `build/${app}.zip`), 'build/*.zip'];
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !made.includes(path) && !existsSync(join(root, path)))).toEqual([]);
  });

  it('runs npm scripts that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const run = [...found(/npm run ([\w:]+)/g, text), ...(text.includes('npm start') ? ['start'] : [])];
    expect(run).toEqual(['package', 'start']);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('reads outputs that main.bicep has', () => {
    const outputs = found(/\bout "?(\w+)\.value/g, text);
    expect(outputs).toEqual([
      'apps',
      'dataAccount',
      'endpointSubnetId',
      'vaultZoneId',
      'workspaceId',
      'fleetUrl',
    ]);
    expect(outputs.filter((name) => !namesOf(main, 'output').includes(name))).toEqual([]);
    const { value } = main.declarations.find(({ kind, name }) => kind === 'output' && name === 'apps') ?? {};
    const of = value instanceof Expression ? bodyOf(value) : {};
    const fields = [...found(/\]\.(\w+) \| \[0\]/g, text), 'app'];
    expect(fields.filter((name) => !(name in of))).toEqual([]);
    expect(found(/\[\?app=='(\w+)'\]/g, text).sort()).toEqual([...packaged].sort());
  });

  const deployments = commands.filter((line) => line.startsWith('az deployment group create'));

  it.each(deployments.filter((line) => !line.includes('.bicepparam')))(
    'gives its template what it asks for: %s',
    (line) => {
      const [, path = ''] = / -f infra\/(\S+)/.exec(line) ?? [];
      const template = templateAt(templates, path);
      const given = found(/ (\w+)=/g, line.slice(line.indexOf(' -p ')));
      const needed = template.declarations
        .filter(({ kind, value }) => kind === 'param' && value === undefined)
        .map(({ name }) => name);
      expect(needed.filter((name) => !given.includes(name))).toEqual([]);
      expect(given.filter((name) => !namesOf(template, 'param').includes(name))).toEqual([]);
    },
  );

  it('deploys four templates, one with a file of parameters', () => {
    expect(deployments.map((line) => / -f (\S+)/.exec(line)?.[1])).toEqual([
      'infra/main.bicep',
      'infra/modules/key-vault.bicep',
      'infra/grants.bicep',
      'infra/custodian.bicep',
    ]);
    expect(deployments[0]).toContain(' -p infra/main.small-team.bicepparam');
  });

  it('has a row for parameters that the small team’s file sets', () => {
    const rows = text
      .split('\n')
      .filter((line) => /^\| `\w+`.* \|/.test(line) && !line.includes('fleet-config'));
    const named = rows.flatMap((row) => found(/`(\w+)`/g, row.split(' | ')[0] ?? ''));
    const file = templateAt(templates, 'main.small-team.bicepparam');
    expect(named).toContain('fleetWriters');
    expect(named.filter((name) => !file.declarations.some((one) => one.name === name))).toEqual([]);
  });

  describe('people, before there are registrations', () => {
    const [row = '', ...more] = text.split('\n').filter((line) => /^\| .* \| delete these /.test(line));
    const file = templateAt(templates, 'main.small-team.bicepparam');
    /** What each app makes of its settings, where the file lacks these lines. */
    const read = (without: string[]) => {
      const left = file.declarations.filter(({ name }) => !without.includes(name));
      const given = Object.fromEntries(left.map(({ name, value }) => [name, plain(value)]));
      // As deploy.ts has it, the tenant's id is no GUID.
      const tenant = { entraTenantId: '00000000-0000-0000-0000-0000000000ff' };
      const sites = madeOf(deploy('main.bicep', { ...given, ...tenant }), 'Microsoft.Web/sites');
      return sites.map((site) => readPeopleSettings(settingsOf(site)));
    };
    const deleted = found(/`(\w+)`/g, row.split(' | ')[0] ?? '');

    it('have no access, and no app a problem, once the lines of one row are deleted', () => {
      expect(more).toEqual([]);
      expect(read(deleted)).toEqual(packaged.map(() => ({ ok: true, settings: undefined })));
    });

    it('have access with them all, and an app refuses its settings with one audience left', () => {
      for (const each of read([])) expect(each).toMatchObject({ ok: true, settings: { kind: 'entra' } });
      const audiences = deleted.filter((name) => name.endsWith('Audience'));
      expect(audiences).toEqual(packaged.map((app) => `${app}Audience`));
      for (const [at, audience] of audiences.entries()) {
        const left = read(deleted.filter((name) => name !== audience)).map(({ ok }) => ok);
        expect(left, audience).toEqual(packaged.map((_, app) => app !== at));
      }
    });
  });

  it('names parameters and settings that there are', () => {
    const known = new Set([...templates.values()].flatMap((one) => namesOf(one, 'param')));
    const outputs = new Set(namesOf(main, 'output'));
    const camel = inline.filter((code) => /^[a-z]+[A-Z]\w+$/.test(code));
    expect(camel.length).toBeGreaterThan(8);
    const notParameters = ['principalId'];
    expect(
      camel.filter((name) => !known.has(name) && !outputs.has(name) && !notParameters.includes(name)),
    ).toEqual([]);
    const code = [...globSync('{shared,cli}/**/*.ts', { cwd: root }), '.github/workflows/deploy.yml'];
    const everything = code.map(read).join('\n');
    for (const name of found(/\b(SEALWATCH_[A-Z_]+)\b/g, text)) expect(everything).toContain(name);
  });

  it.each(fences.filter(({ kind }) => kind === 'yaml'))('has a fleet.yaml that is one: $body', ({ body }) => {
    // As step 4 has the deployment set them.
    const limits = readLimits({ SEALWATCH_KEY_VAULTS: 'https://kv-sealwatch.vault.azure.net' });
    if (!limits.ok) throw new Error(limits.problems.join());
    expect(parseFleet(body, limits.limits)).toMatchObject({
      ok: true,
      fleet: { clusters: [{ name: 'first-alert' }] },
    });
  });

  it('closes again what a step opens to the internet, before that step ends', () => {
    const opens = /(publicAccess=|--public-network-access )Enabled\b/;
    const closes = /--public-network-access Disabled\b/;
    const steps = text.split(/^### /m).slice(1);
    const opening = steps.filter((step) => opens.test(step));
    expect(opening.map((step) => step.slice(0, 2))).toEqual(['6.', '7.']);
    for (const step of opening) {
      const after = step
        .slice(step.search(opens))
        .replaceAll(/\\\n\s*/g, '')
        .split('\n');
      const [last = ''] = after
        .filter((line) => /^az .*(secret set|blob upload|network-access)/.test(line))
        .slice(-1);
      expect(last, step.split('\n')[0]).toMatch(closes);
    }
  });

  it('says what to do where Azure refuses a part of the first deployment that came too soon', () => {
    const [, step = ''] = text.split('### 5. ');
    expect(step.split('### 6. ')[0]).toMatch(
      /StorageAccountOperationInProgress.*Run the same command again/s,
    );
  });

  it('grants the secret that fleet.yaml refers to', () => {
    const referred = found(/vault\.azure\.net\/secrets\/([\w-]+)/g, text);
    expect(referred).toEqual(found(/keyvault secret set .* -n ([\w-]+)/g, text));
    expect(referred).toEqual(found(/readsSecrets='\["([\w-]+)"\]'/g, text));
  });
});

describe('deployers', () => {
  const workflow = read('.github/workflows/deploy.yml');
  const { jobs } = parse(workflow) as {
    jobs: { deploy: { environment: string; strategy: { matrix: { app: string[] } } } };
  };
  const module = main.declarations.find(({ kind, name }) => kind === 'module' && name === 'deployers');
  const params = bodyOf(module?.value)['params'];
  const given = isFields(params) ? params : {};
  const written = (name: string): string => (given[name] instanceof Expression ? given[name].text : '');

  it('trust the environment of the workflow’s job for this app, and docs name it', () => {
    expect(written('environmentName')).toBe("'sealwatch-${app}'");
    expect(jobs.deploy.environment).toBe('sealwatch-${{ matrix.app }}');
    expect(jobs.deploy.strategy.matrix.app.toSorted()).toEqual([...packaged].sort());
    for (const app of packaged) expect(inline).toContain(`sealwatch-${app}`);
  });

  it('have the names that docs look them up by, and variables that the workflow asks for', () => {
    expect(written('name')).toBe("'${namePrefix}-deploys-${app}'");
    expect(commands.join('\n')).toContain('-n sealwatch-deploys-watch ');
    const asked = found(/\bvars\.(\w+)/g, workflow).sort();
    expect(found(/`((?:AZURE|SEALWATCH)_\w+)`/g, text.split('**Releases')[1] ?? '').sort()).toEqual(asked);
  });
});

describe('the repository that deploys', () => {
  const releases = text.split('**Releases')[1] ?? '';
  const asking = (path: string) =>
    commands.filter((line) => line.startsWith(`gh api repos/OWNER/NAME/${path} --jq `));

  it('has its subject shown by a command, for the parameter that takes it', () => {
    expect(asking('actions/oidc/customization/sub')).toEqual([expect.stringMatching(/ \.sub_claim_prefix$/)]);
    expect(releases).toContain('`githubSubject`');
    expect(namesOf(main, 'param')).toContain('githubSubject');
  });

  it('has reviewers, and not only by name: where it has none this is said, with what to do', () => {
    const [asked = ''] = asking('environments/sealwatch-recover');
    for (const field of ['can_admins_bypass', 'required_reviewers', 'prevent_self_review'])
      expect(asked).toContain(field);
    for (const words of ['GitHub Enterprise', '*Prevent self-review*', 'leave `githubRepository` empty'])
      expect(releases).toContain(words);
    for (const page of ['docs/infra.md', 'docs/security.md'])
      expect(read(page)).toContain('GitHub Enterprise');
  });
});

describe('azure.yaml', () => {
  const azd = parse(read('azure.yaml')) as {
    name: string;
    infra: { provider: string; path: string; module: string };
    services: Record<string, unknown>;
  };

  it('has the apps that are packaged, each as its package is', () => {
    const wanted = packaged.map((app) => [
      app,
      { project: `build/${app}`, language: 'js', host: 'function', remoteBuild: false },
    ]);
    expect(azd.services).toEqual(Object.fromEntries(wanted));
  });

  it('names parameters that are there, for main.bicep', () => {
    const { provider, path, module } = azd.infra;
    expect({ provider, path }).toEqual({ provider: 'bicep', path: 'infra' });
    // azd prefers MODULE.bicepparam to MODULE.bicep.
    expect(templateAt(templates, `${module}.bicepparam`).using).toBe('main.bicep');
    expect(azd.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  });

  it('finds each app by its tag', () => {
    const [app] = resources(templateAt(templates, 'modules/app.bicep'), 'Microsoft.Web/sites');
    const tags = app?.fields['tags'];
    expect(tags instanceof Expression ? tags.parts.at(-1) : undefined).toMatchObject({
      'azd-service-name': { text: 'azdServiceName' },
    });
    expect(main.text).toContain('    azdServiceName: app\n');
  });
});
