/** infra/entra.sh: what it shows is what it does, and roles and scope are those that the code asks for. */
import { execFile } from 'node:child_process';
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles } from '../../shared/people/roles.ts';
import { localTokens } from '../../shared/people/settings.ts';
import { infra } from './bicep/template.ts';
import { type App, apps } from './design.ts';

const script = join(infra, 'entra.sh');
const run = promisify(execFile);

let folder: string;
let journal: string;
const env = ({
  of = 'rotate',
  named = [],
  roles: own = [],
  appOwner = '',
  principalOwner = '',
  fails = '',
}: Tenant = {}) => ({
  ...process.env,
  PATH: `${folder}:${process.env['PATH']}`,
  OF: of,
  NAMED: named.join(' '),
  ROLES: own.join(' '),
  APP_OWNER: appOwner,
  PRINCIPAL_OWNER: principalOwner,
  FAILS: fails,
});

/** What the fake tenant has, besides what a run makes. */
interface Tenant {
  /** Whose registration is there already; a trust domain's has its own name. */
  of?: App;
  /** Application ids of registrations that have its name. */
  named?: string[];
  /** Role ids of those. */
  roles?: string[];
  appOwner?: string;
  principalOwner?: string;
  /** Where a command begins like that, Azure fails. */
  fails?: string;
}
const made = '00000000-0000-0000-0000-0000000000aa';
const earlier = '00000000-0000-0000-0000-000000000011';

/** No Azure: an `az` that notes its words, and makes up ids. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-entra-'));
  journal = join(folder, 'journal');
  const az = join(folder, 'az');
  writeFileSync(
    az,
    [
      '#!/bin/bash',
      `printf '%s\\037' "$@" >>'${journal}'; echo >>'${journal}'`,
      'case "$*" in ${FAILS:-nothing}*) exit 3 ;; esac',
      'case "$*" in',
      `  "ad app list --display-name "*-$OF" "* | "ad app list --display-name "*-vault-*) printf '%s\\n' $NAMED ;;`,
      '  "rest --method GET"*/applications*/owners*) echo $APP_OWNER ;;',
      '  "rest --method GET"*/servicePrincipals*/owners*) echo $PRINCIPAL_OWNER ;;',
      '  "ad app show"*appRoles*) echo $ROLES ;;',
      `  "ad sp list --filter appId eq '"$NAMED*) echo \${NAMED:+00000000-0000-0000-0000-0000000000dd} ;;`,
      '  *) case "$1 $2 $3" in',
      '  "ad app list" | "ad sp list" | "rest --method GET") echo None ;;',
      `  "ad app create") echo ${made} ;;`,
      '  "ad app show") echo 00000000-0000-0000-0000-0000000000bb ;;',
      '  "ad sp create") echo 00000000-0000-0000-0000-0000000000cc ;;',
      '  esac ;;',
      'esac',
    ].join('\n'),
  );
  chmodSync(az, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Applied {
  code: number;
  calls: string[][];
  stdout: string;
  stderr: string;
}

async function appliedIn(tenant: Tenant, ...args: string[]): Promise<Applied> {
  writeFileSync(journal, '');
  const ended = await run(script, [...args, '--apply'], { env: env(tenant) }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  );
  const lines = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
  return { ...ended, calls: lines.map((line) => line.split('\u001f').slice(0, -1)) };
}

async function applied(...args: string[]): Promise<Applied> {
  const ended = await appliedIn({}, ...args);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return ended;
}

/** Of the calls, those that change something. */
const writes = (calls: string[][]) =>
  calls
    .map((call) => call.slice(0, 3).join(' '))
    .filter((call) => !/^(ad \w+ (list|show)|rest --method GET)$/.test(call));

/** Names of the registrations that were made. */
const created = (calls: string[][]) =>
  calls
    .filter((call) => call.slice(0, 3).join(' ') === 'ad app create')
    .map((call) => call[call.indexOf('--display-name') + 1]);

const bodies = (calls: string[][]) =>
  calls.flatMap((call) => {
    const at = call.indexOf('--body');
    return at < 0 ? [] : [JSON.parse(call[at + 1] ?? '')];
  });

describe('the registrations of the apps', () => {
  it('have the roles that routes ask for, for people only, and the scope', async () => {
    const { calls, stdout } = await applied();
    expect(created(calls)).toEqual(['sealwatch-watch', 'sealwatch-rotate', 'sealwatch-recover']);
    const registered = bodies(calls).filter((body) => 'appRoles' in body);
    const values = registered.map(({ appRoles }) => appRoles.map(({ value }: { value: string }) => value));
    // Nobody acts through watch.
    expect(values).toEqual([['Sealwatch.Read'], roles, roles]);
    for (const { appRoles, api, identifierUris } of registered) {
      const members = appRoles.flatMap((one: { allowedMemberTypes: string[] }) => one.allowedMemberTypes);
      expect(new Set(members)).toEqual(new Set(['User']));
      expect(api.requestedAccessTokenVersion).toBe(2);
      expect(api.oauth2PermissionScopes.map(({ value }: { value: string }) => value)).toEqual([
        localTokens.scope,
      ]);
      expect(identifierUris).toEqual(['api://00000000-0000-0000-0000-0000000000aa']);
    }
    expect(bodies(calls)).toContainEqual({ appRoleAssignmentRequired: true });
    expect(stdout).toContain("param recoverAudience = '00000000-0000-0000-0000-0000000000aa'");
    expect(stdout).toContain("param watchAudience = '00000000-0000-0000-0000-0000000000aa'");
  });

  it('are shown first: the same commands, and none is run', async () => {
    const { calls } = await applied();
    writeFileSync(journal, '');
    const { stderr } = await run(script, [], { env: env() });
    expect(readFileSync(journal, 'utf8')).toBe('');
    const shown = stderr.split('\n').filter(Boolean);
    expect(shown.map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual(
      calls.map((call) => ['az', ...call.slice(0, 3)].join(' ')),
    );
  });
});

describe('the registration of a trust domain', () => {
  it('gives tokens to the identities named, and has no role or scope of people', async () => {
    const login = '11111111-2222-3333-4444-555555555555';
    const { calls, stdout } = await applied('--vaults', 'prod', '--login', login);
    const [registered, required, assigned, ...more] = bodies(calls);
    expect(registered.appRoles).toMatchObject([
      { value: 'Vault.Login', allowedMemberTypes: ['Application'] },
    ]);
    expect(registered.api).toEqual({ requestedAccessTokenVersion: 2 });
    expect(required).toEqual({ appRoleAssignmentRequired: true });
    expect(assigned).toMatchObject({
      principalId: login,
      resourceId: '00000000-0000-0000-0000-0000000000cc',
      appRoleId: registered.appRoles[0].id,
    });
    expect(more).toEqual([]);
    expect(stdout).toContain('audience: "api://00000000-0000-0000-0000-0000000000aa"');
    expect(stdout).toContain("param loginAudiences = [ 'api://00000000-0000-0000-0000-0000000000aa' ]");
  });
});

describe('a registration that is there already', () => {
  const people = [1, 2, 3].map((n) => `5ea10000-0000-4000-8000-00000000000${n}`);
  const other = '00000000-0000-0000-0000-000000000022';

  it.for([{ args: [] }, { args: ['--vaults', 'prod'] }])(
    'is not taken for its name: $args',
    async ({ args }) => {
      const { code, calls, stderr } = await appliedIn({ named: [earlier], roles: people }, ...args);
      expect(code).toBe(1);
      expect(stderr).toContain(`already: ${earlier}.`);
      expect(stderr).toContain('--app-id');
      expect(writes(calls)).toEqual([]);
    },
  );

  describe.for([...apps])('of %s', (of) => {
    // As the script made it: watch's has one role.
    const tenant: Tenant = {
      of,
      named: [other, earlier],
      roles: of === 'watch' ? people.slice(0, 1) : people,
    };

    it('is brought up to date where it is named by its id, beside others of its name', async () => {
      const { code, calls, stdout } = await appliedIn(tenant, '--app-id', earlier);
      expect(code).toBe(0);
      expect(created(calls)).toEqual(apps.filter((app) => app !== of).map((app) => `sealwatch-${app}`));
      // The two others have none of their names.
      for (const app of apps)
        expect(stdout).toContain(`param ${app}Audience = '${app === of ? earlier : made}'\n`);
      const [updated, ...more] = bodies(calls).filter(({ identifierUris = [] }) =>
        identifierUris.includes(`api://${earlier}`),
      );
      expect(more).toEqual([]);
      const values = updated.appRoles.map(({ value }: { value: string }) => value);
      expect(values).toEqual(of === 'watch' ? ['Sealwatch.Read'] : roles);
    });

    it('is shown first: what --apply would write, and nothing is written', async () => {
      const { calls } = await appliedIn(tenant, '--app-id', earlier);
      writeFileSync(journal, '');
      const { stderr } = await run(script, ['--app-id', earlier], { env: env(tenant) });
      const looked = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
      expect(looked).not.toEqual([]);
      expect(writes(looked.map((line) => line.split('\u001f')))).toEqual([]);
      const shown = stderr.split('\n').filter(Boolean);
      expect(writes(shown.map((line) => line.split(' ').slice(1)))).toEqual(writes(calls));
    });

    it('is left alone without its id, and nothing else is begun', async () => {
      const { code, calls, stderr } = await appliedIn(tenant);
      expect(code).toBe(1);
      expect(stderr).toContain(`There is a registration sealwatch-${of} already: ${other} ${earlier}.`);
      expect(writes(calls)).toEqual([]);
    });
  });

  it.for<[string, Tenant, string]>([
    ['another one, without our roles', { roles: people.slice(1) }, `lacks the role ${people[0]}`],
    ['another one, with only some of them', { roles: people.slice(0, 2) }, `lacks the role ${people[2]}`],
    ['one that somebody owns', { roles: people, appOwner: 'mallory' }, 'is owned by mallory'],
    ['one whose principal somebody owns', { roles: people, principalOwner: 'eve' }, 'is owned by eve'],
  ])('is refused where it is %s, even by its id', async ([, tenant, why]) => {
    const { code, calls, stderr } = await appliedIn({ named: [earlier], ...tenant }, '--app-id', earlier);
    expect(code).toBe(1);
    expect(stderr).toContain(why);
    expect(writes(calls)).toEqual([]);
  });

  it.for(['ad app list', 'ad app show', 'rest --method GET', 'ad sp list'])(
    'is left as it is where Azure does not say what it is: %s',
    async (fails) => {
      const tenant = { named: [earlier], roles: people, fails };
      const { code, calls } = await appliedIn(tenant, '--app-id', earlier);
      expect(code).not.toBe(0);
      expect(writes(calls)).toEqual([]);
    },
  );

  it('is refused where its id is that of another name', async () => {
    const { code, calls, stderr } = await appliedIn({}, '--app-id', earlier);
    expect(code).toBe(1);
    expect(stderr).toContain(`${earlier} is no registration of the name`);
    expect(writes(calls)).toEqual([]);
  });
});

it('the client that people sign in with is the same wherever the docs name it', () => {
  const root = join(infra, '..');
  const [client] = /client=([0-9a-f-]{36})/.exec(readFileSync(script, 'utf8'))?.slice(1) ?? [];
  const named = globSync('{README.md,docs/**/*.md}', { cwd: root }).flatMap(
    (file) => readFileSync(join(root, file), 'utf8').match(/\b04b07795-[0-9a-f-]*/g) ?? [],
  );
  expect(named).not.toEqual([]);
  expect(new Set(named)).toEqual(new Set([client]));
});

it('says who became the owner of what it made', async () => {
  const { code, stderr } = await appliedIn({ appOwner: 'ada' });
  expect(code).toBe(0);
  expect(stderr).toContain('ada owns sealwatch-watch');
  expect(stderr).toContain('ada owns sealwatch-rotate');
  expect(stderr).toContain('ada owns sealwatch-recover');
});

it.for([
  ['--prefix', "x';rm -rf"],
  ['--login', '11111111-2222-3333-4444-555555555555'],
  ['--nothing', 'x'],
  ['--vaults'],
  ...['--prefix', '--client', '--vaults', '--login', '--app-id'].map((name) => [name, '']),
  ['--vaults', 'prod', '--login', ''],
  ['--app-id', 'a b'],
])('%s is refused before anything is asked of Azure', async (args) => {
  writeFileSync(journal, '');
  await expect(run(script, [...args, '--apply'], { env: env() })).rejects.toMatchObject({ code: 2 });
  expect(readFileSync(journal, 'utf8')).toBe('');
});
