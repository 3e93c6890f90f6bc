import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from '../../../cli/run.ts';
import { createAuthenticate } from '../../../shared/compose/authenticate.ts';
import { createLog } from '../../../shared/log/log.ts';
import { openLocalIssuer } from '../../../shared/people/local-issuer.ts';
import { ManualClock } from '../../fakes/clock.ts';
import { terminalUnderTest } from '../terminal-under-test.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-token-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function token(args: string[], env: Record<string, string> = {}) {
  const { terminal, out, err } = terminalUnderTest();
  const file = join(folder, 'new', 'issuer.pem');
  const context = { env: { SEALWATCH_ISSUER_FILE: file, ...env }, terminal, world: {} };
  return { code: await run(['token', ...args], context), out, err: err.join('\n'), file };
}

it('prints a token and nothing else, which the embedded host takes for exactly those roles', async () => {
  const { code, out, err, file } = await token([
    '--as',
    'ada',
    '--role',
    'operate',
    '--role',
    'Sealwatch.Read',
  ]);
  expect(code).toBe(0);
  expect(out).toHaveLength(1);
  expect(err).not.toContain(out[0]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const log = createLog({ write: () => undefined, clock: new ManualClock() });
  const authenticate = createAuthenticate({ SEALWATCH_ISSUER_FILE: file }, log, openLocalIssuer);
  expect(await authenticate(`Bearer ${out[0]}`, 'Sealwatch.Operate')).toMatchObject({
    ok: true,
    person: { id: 'local/ada', roles: ['Sealwatch.Read', 'Sealwatch.Operate'] },
  });
  expect(await authenticate(`Bearer ${out[0]}`, 'Sealwatch.Approve')).toMatchObject({
    ok: false,
    status: 403,
  });
});

it.each([
  [['--role', 'read'], '--as is missing'],
  [['--as', 'ada'], '--role is missing'],
  [['--as', 'ada', '--role', 'admin'], '--role takes read, operate or approve'],
])('does not understand %j', async (args, why) => {
  const { code, out, err } = await token(args);
  expect({ code, out }).toEqual({ code: 2, out: [] });
  expect(err).toContain(why);
});

it('refuses a name that is none', async () => {
  const { code, err } = await token(['--as', 'Ada Lovelace', '--role', 'read']);
  expect(code).toBe(1);
  expect(err).toContain('a name is 1 to 64 of');
});

it('refuses on Azure', async () => {
  const { code, out, err } = await token(['--as', 'ada', '--role', 'read'], { WEBSITE_SITE_NAME: 'recover' });
  expect({ code, out }).toEqual({ code: 1, out: [] });
  expect(err).toContain('does not exist on Azure');
});

it('refuses a key that others can read', async () => {
  const file = join(folder, 'open.pem');
  writeFileSync(file, 'x', { mode: 0o644 });
  const { code, err } = await token(['--as', 'ada', '--role', 'read'], { SEALWATCH_ISSUER_FILE: file });
  expect(code).toBe(1);
  expect(err).toContain('chmod 600');
});
