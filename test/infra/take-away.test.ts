/** infra/take-away.sh: what it shows is what it does, it takes nobody else's right, and the lock is never left off. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { madeOf } from './bicep/deploy.ts';
import { infra } from './bicep/template.ts';
import { deployed } from './rights.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'sealwatch-take-away-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);

const group = '/subscriptions/s/resourceGroups/sealwatch';
const account = `${group}/providers/Microsoft.Storage/storageAccounts/swdata1`;
const table = (name: string) => `${account}/tableServices/default/tables/${name}`;
const left = '11111111-2222-3333-4444-555555555555';
const stays = '99999999-2222-3333-4444-555555555555';

/** A tenant of files: assignments (who, id, role, on), and an account whose lock refuses a deletion, as Azure's does. */
const az = `#!/bin/bash
cd '${folder}'
printf '%s ' "$@" >>journal; echo >>journal
case "$*" in \${FAILS:-nothing}*) exit 3 ;; esac
value() { while [ $# -gt 1 ]; do [ "$1" = "$NAMED" ] && echo "$2"; shift; done; }
case "$1 $2 $3" in
  "group show -n") echo '${group}' ;;
  "role assignment list") cat assignments ;;
  "role assignment delete")
    id=$(NAMED=--ids value "$@")
    if [ -e lock ] && grep "$id" assignments | grep -qi storageaccounts/swdata1; then echo ScopeLocked >&2; exit 1; fi
    grep -v "$id" assignments >rest; mv rest assignments ;;
  "lock list -g") [ "$(NAMED=--resource value "$@")" = swdata1 ] && [ -e lock ] && echo lock-id; true ;;
  "lock delete --ids") rm lock ;;
  "lock create -g") NAMED=--lock-type value "$@" >lock; NAMED=-n value "$@" >>lock; NAMED=--notes value "$@" >>lock ;;
  *) exit 9 ;;
esac
`;
const assignments: [string, string, string, string][] = [
  [left, 'right-a1', 'Storage Table Data Contributor', table('recoveries')],
  // Azure does not keep the case of ids.
  [
    left,
    'right-a2',
    'Storage Blob Data Reader',
    `${account.toUpperCase()}/BLOBSERVICES/DEFAULT/CONTAINERS/ESCROW`,
  ],
  [left, 'right-a3', 'Website Contributor', `${group}/providers/Microsoft.Web/sites/sealwatch-watch-1`],
  [stays, 'right-b1', 'Storage Table Data Contributor', table('recoveries')],
  [left, 'right-c1', 'Reader', '/subscriptions/s'],
  [left, 'right-c2', 'Reader', `${group}-of-others/providers/Microsoft.Web/sites/sealwatch-watch-1`],
];
const ids = () =>
  readFileSync(file('assignments'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[1]);
const asked = () => readFileSync(file('journal'), 'utf8').split('\n').filter(Boolean);
const writes = () => asked().filter((line) => / (delete|create) /.test(line));

beforeEach(() => {
  writeFileSync(file('az'), az);
  chmodSync(file('az'), 0o755);
  writeFileSync(file('journal'), '');
  writeFileSync(file('lock'), 'of the deployment');
  writeFileSync(file('assignments'), assignments.map((one) => `${one.join('\t')}\n`).join(''));
});

const script = join(infra, 'take-away.sh');
async function taken(args: string[], fails = '') {
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, FAILS: fails };
  return run(script, args, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  );
}
const from = ['--group', 'sealwatch', '--of', left];

it('takes all that one has in the group, and nothing of others or elsewhere', async () => {
  const { code, stdout } = await taken([...from, '--apply']);
  expect(code).toBe(0);
  expect(ids()).toEqual(['right-b1', 'right-c1', 'right-c2']);
  expect(stdout).toContain(`Storage Table Data Contributor\t${table('recoveries')}`);
});

it('puts the lock back as main.bicep has it', async () => {
  expect((await taken([...from, '--apply'])).code).toBe(0);
  const [lock] = madeOf(deployed, 'Microsoft.Authorization/locks');
  if (!lock) throw new Error('there is no lock');
  const { level, notes } = lock.fields['properties'] as { level: string; notes: string };
  expect(readFileSync(file('lock'), 'utf8')).toBe(`${level}\n${lock.name}\n${notes}\n`);
});

it('takes one right where it is named, and no lock off for an app', async () => {
  expect((await taken([...from, '--on', 'sealwatch-watch-1', '--apply'])).code).toBe(0);
  expect(ids()).toEqual(['right-a1', 'right-a2', 'right-b1', 'right-c1', 'right-c2']);
  expect(writes()).toHaveLength(1);
  expect((await taken([...from, '--on', 'escrow', '--apply'])).code).toBe(0);
  expect(ids()).toEqual(['right-a1', 'right-b1', 'right-c1', 'right-c2']);
});

it('is shown first: the same commands, and none is run', async () => {
  const { code, stderr } = await taken(from);
  expect(code).toBe(0);
  expect(writes()).toEqual([]);
  const shown = stderr.split('\n').filter(Boolean);
  await taken([...from, '--apply']);
  const ran = writes().map((line) => `az ${line.trim().replace(/ -o none$/, '')}`);
  expect(shown.map((line) => line.replaceAll('\\', ''))).toEqual(ran);
  expect(shown).toHaveLength(5);
});

it.for([
  ['az refuses a deletion', 'role assignment delete'],
  ['the lock cannot be taken off', 'lock delete'],
])('the lock is on afterwards where %s', async ([, fails]) => {
  expect((await taken([...from, '--apply'], fails)).code).not.toBe(0);
  expect(existsSync(file('lock'))).toBe(true);
  expect(ids()).toContain('right-a1');
});

it('says loudly that the lock is off where it cannot be put back, and how it is', async () => {
  const { code, stderr } = await taken([...from, '--apply'], 'lock create');
  expect(code).toBe(1);
  expect(stderr).toContain('THE LOCK OF swdata1 IS OFF: az lock create -g sealwatch -n escrow-is-in-here');
});

it.for(['group show', 'role assignment list', 'lock list'])(
  'nothing is changed where Azure does not answer: %s',
  async (fails) => {
    expect((await taken([...from, '--apply'], fails)).code).not.toBe(0);
    expect(writes()).toEqual([]);
  },
);

it.for([
  // Nobody had one, or it was taken away before.
  { args: ['--group', 'sealwatch', '--of', '11111111-2222-3333-4444-000000000000', '--apply'], ends: 0 },
  { args: [...from, '--on', 'holds'], ends: 0 },
  // "recoveries" it is: who reads only the exit code would think that the right is gone.
  { args: [...from, '--on', 'recoverys', '--apply'], ends: 1 },
])('nothing found is said, and is a failure where one right was to go: $args', async ({ args, ends }) => {
  const { code, stderr } = await taken(args);
  expect([code, writes()]).toEqual([ends, []]);
  expect(stderr).toContain('has no such right');
});

describe('the case of an id says nothing', () => {
  const id = 'abcdef12-aaaa-bbbb-cccc-dddddddddddd';
  const upper = id.toUpperCase();

  it.for([
    [upper, id],
    [id, upper],
  ])('given as %s, kept by Azure as %s', async ([given, kept]) => {
    writeFileSync(file('assignments'), `${kept}\tright-d1\tReader\t${table('Holds')}\n`);
    expect(
      (await taken(['--group', 'sealwatch', '--of', given ?? '', '--on', 'hOLDS', '--apply'])).code,
    ).toBe(0);
    expect(ids()).toEqual([]);
    expect(existsSync(file('lock'))).toBe(true);
  });
});

it('what is still there is a failure: Azure said yes, and it stands', async () => {
  writeFileSync(file('az'), az.replace('mv rest assignments', 'true'));
  const { code, stderr } = await taken([...from, '--apply']);
  expect(code).toBe(1);
  expect(stderr).toContain('NOT ALL IS GONE');
  expect(existsSync(file('lock'))).toBe(true);
});

it.for([
  { args: ['--group', 'sealwatch'] },
  { args: ['--of', left] },
  { args: ['--group', 'sealwatch', '--of', 'importers'] },
  { args: ['--group', 'sealwatch', '--of', ''] },
  { args: [...from, '--on', ''] },
  { args: [...from, '--on', "x' || 'y"] },
  { args: ['--group', 'a b', '--of', left] },
  { args: [...from, '--nothing', 'x'] },
])('$args is refused before anything is asked of Azure', async ({ args }) => {
  expect((await taken([...args, '--apply'])).code).toBe(2);
  expect(asked()).toEqual([]);
});
