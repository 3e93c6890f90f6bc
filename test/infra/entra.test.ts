/** infra/entra.sh: what it shows is what it does, and roles and scope are those that the code asks for. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles } from '../../shared/people/roles.ts';
import { localTokens } from '../../shared/people/settings.ts';
import { infra } from './bicep/template.ts';

const script = join(infra, 'entra.sh');
const run = promisify(execFile);

let folder: string;
let journal: string;
const env = () => ({ ...process.env, PATH: `${folder}:${process.env['PATH']}` });

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
      'case "$1 $2 $3" in',
      '  "ad app list" | "ad sp list" | "rest --method GET") echo None ;;',
      '  "ad app create") echo 00000000-0000-0000-0000-0000000000aa ;;',
      '  "ad app show") echo 00000000-0000-0000-0000-0000000000bb ;;',
      '  "ad sp create") echo 00000000-0000-0000-0000-0000000000cc ;;',
      'esac',
    ].join('\n'),
  );
  chmodSync(az, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function applied(...args: string[]): Promise<{ calls: string[][]; stdout: string }> {
  writeFileSync(journal, '');
  const { stdout } = await run(script, [...args, '--apply'], { env: env() });
  const lines = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
  return { calls: lines.map((line) => line.split('\u001f').slice(0, -1)), stdout };
}

const bodies = (calls: string[][]) =>
  calls.flatMap((call) => {
    const at = call.indexOf('--body');
    return at < 0 ? [] : [JSON.parse(call[at + 1] ?? '')];
  });

describe('the registrations of the apps', () => {
  it('have the roles that routes ask for, for people only, and the scope', async () => {
    const { calls, stdout } = await applied();
    const registered = bodies(calls).filter((body) => 'appRoles' in body);
    expect(registered).toHaveLength(2);
    for (const { appRoles, api, identifierUris } of registered) {
      expect(appRoles.map(({ value }: { value: string }) => value)).toEqual(roles);
      expect(appRoles.flatMap((one: { allowedMemberTypes: string[] }) => one.allowedMemberTypes)).toEqual(
        roles.map(() => 'User'),
      );
      expect(api.requestedAccessTokenVersion).toBe(2);
      expect(api.oauth2PermissionScopes.map(({ value }: { value: string }) => value)).toEqual([
        localTokens.scope,
      ]);
      expect(identifierUris).toEqual(['api://00000000-0000-0000-0000-0000000000aa']);
    }
    expect(bodies(calls)).toContainEqual({ appRoleAssignmentRequired: true });
    expect(stdout).toContain("param recoverAudience = '00000000-0000-0000-0000-0000000000aa'");
    expect(stdout).not.toContain('watchAudience');
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
  });
});

it.for([
  ['--prefix', "x';rm -rf"],
  ['--login', '11111111-2222-3333-4444-555555555555'],
  ['--nothing', 'x'],
  ['--vaults'],
])('%s is refused before anything is asked of Azure', async (args) => {
  writeFileSync(journal, '');
  await expect(run(script, [...args, '--apply'], { env: env() })).rejects.toMatchObject({ code: 2 });
  expect(readFileSync(journal, 'utf8')).toBe('');
});
