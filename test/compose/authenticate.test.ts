import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAuthenticate } from '../../shared/compose/authenticate.ts';
import { createLog } from '../../shared/log/log.ts';
import { openLocalIssuer } from '../../shared/people/local-issuer.ts';
import { ManualClock } from '../fakes/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-issuer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('keys that could not be read are read anew with the next request', async () => {
  const file = join(folder, 'issuer.pem');
  const made = await openLocalIssuer(file);
  if (!made.ok) throw new Error(made.message);
  const signed = await made.issuer.sign('ada', ['Sealwatch.Operate'], Date.now());
  if (!signed.ok) throw new Error(signed.message);
  const log = createLog({ write: () => undefined, clock: new ManualClock() });
  const authenticate = createAuthenticate({ SEALWATCH_ISSUER_FILE: file }, log, openLocalIssuer);
  const asked = () => authenticate(`Bearer ${signed.token}`, 'Sealwatch.Operate');
  chmodSync(file, 0o644);
  await expect(asked()).rejects.toThrow('SEALWATCH_ISSUER_FILE');
  chmodSync(file, 0o600);
  expect(await asked()).toMatchObject({ ok: true, person: { id: 'local/ada' } });
});

it('a process without the embedded host, as a package on Azure, has no issuer to ask', async () => {
  const log = createLog({ write: () => undefined, clock: new ManualClock() });
  const authenticate = createAuthenticate({ SEALWATCH_ISSUER_FILE: join(folder, 'issuer.pem') }, log);
  await expect(authenticate('Bearer x', 'Sealwatch.Read')).rejects.toThrow(
    /SEALWATCH_ISSUER_FILE: only.*npm start/,
  );
});
