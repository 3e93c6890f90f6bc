/** Every function of all three apps as the embedded host loads them, on Azurite; no timer runs, no queue is polled. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { vi } from 'vitest';
import { startAzurite } from '../../cli/start/azurite.ts';
import { loadFunctions } from '../../cli/start/load-functions.ts';
import { collectFunctions, invokeBy } from '../../host/functions-core.ts';
import { readHostJson } from '../../host/host-json.ts';
import { type HostedFunction, hostFunctions } from '../../host/hosted-function.ts';
import { listenToHttp } from '../../host/http.ts';
import hostJson from '../../host.json' with { type: 'json' };
import { offerIssuer } from '../../shared/compose/embedded-issuer.ts';
import { prepareStorage } from '../../shared/compose/prepare.ts';
import { createLog } from '../../shared/log/log.ts';
import { openLocalIssuer } from '../../shared/people/local-issuer.ts';
import type { Role } from '../../shared/people/person.ts';
import { roles } from '../../shared/people/roles.ts';
import { fleetText, seeding } from './seeded.ts';

export const functionKey = 'the-function-key-of-the-fuzzing';

export type LoadedApps = Awaited<ReturnType<typeof loadApps>>;

export async function loadApps() {
  const folder = await mkdtemp(join(tmpdir(), 'sealwatch-fuzz-'));
  const azurite = await startAzurite();
  await prepareStorage(azurite.connectionString);
  const issuerFile = join(folder, 'issuer.pem');
  const opened = await openLocalIssuer(issuerFile);
  if (!opened.ok) throw new Error(opened.message);
  const tokenOf = async (own: Role[]): Promise<string> => {
    const signed = await opened.issuer.sign('ada', own, Date.now());
    if (!signed.ok) throw new Error('no token');
    return signed.token;
  };
  const tokens = await Promise.all(roles.map((role) => tokenOf([role])));
  const everyRole = await tokenOf([...roles]);
  await writeFile(join(folder, 'fleet.yaml'), fleetText);
  Object.assign(process.env, {
    SEALWATCH_FLEET: join(folder, 'fleet.yaml'),
    SEALWATCH_STORAGE: azurite.connectionString,
    SEALWATCH_ISSUER_FILE: issuerFile,
  });
  offerIssuer(openLocalIssuer);

  /** What the apps and the host logged, a JSON text each. */
  const lines: string[] = [];
  const console = vi.spyOn(globalThis.console, 'log').mockImplementation((line: string) => {
    lines.push(line);
  });
  const log = createLog({ write: (line) => lines.push(line), clock: { now: () => 0 } });
  const root = resolve(import.meta.dirname, '../..');
  const { registrations, model } = await collectFunctions(() => loadFunctions(root), log);
  const settings = { SEALWATCH_STORAGE: azurite.connectionString, SEALWATCH_SCHEDULE: '0 0 0 1 1 *' };
  const functions = hostFunctions(registrations, { settings, host: readHostJson(hostJson), hasKey: true });
  const invoke = invokeBy(model, log, new Map());
  const http = await listenToHttp({ functions, invoke, functionKey }, '127.0.0.1', 0);

  return {
    url: http.url,
    /** One of each role, of one person. */
    tokens,
    /** Of the same person, with all roles. */
    everyRole,
    /** Makes what the routes look up. */
    seed: seeding(azurite.connectionString),
    functions,
    lines,
    /** A queue's message, as its text lies in the queue. */
    deliver: (hosted: HostedFunction, text: string) => invoke(hosted, { string: text }, 1),
    async close() {
      console.mockRestore();
      await http.stop(Promise.resolve());
      await azurite.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Events of level error, and what they say. */
export function errorsIn(lines: string[]): { event: string }[] {
  return lines
    .map((line) => JSON.parse(line) as { level: string; event: string })
    .filter(({ level }) => level === 'error');
}
