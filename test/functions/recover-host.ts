/** Routes of one app in the embedded host, over HTTP, with tokens of its own issuer. A process of its own each. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../../host/start.ts';
import { createLog } from '../../shared/log/log.ts';
import { openLocalIssuer } from '../../shared/people/local-issuer.ts';
import type { Role } from '../../shared/people/person.ts';

export interface RecoverHost {
  /** http://127.0.0.1:PORT/api */
  url: string;
  /** Of one person, with this role alone. */
  tokens: ReadonlyMap<Role, string>;
  close(): Promise<void>;
}

/** @param names of files in functions/recover. @param fleet text of fleet.yaml; undefined: there is none. */
export function startRecoverHost(names: string[], fleet?: string): Promise<RecoverHost> {
  return startHostOf('recover', names, fleet);
}

/** The same of any app that people have routes of. */
export async function startHostOf(
  app: 'recover' | 'rotate' | 'watch',
  names: string[],
  fleet?: string,
): Promise<RecoverHost> {
  const folder = await mkdtemp(join(tmpdir(), 'sealwatch-recover-'));
  const issuerFile = join(folder, 'issuer.pem');
  const opened = await openLocalIssuer(issuerFile);
  if (!opened.ok) throw new Error(opened.message);
  const tokens = new Map<Role, string>();
  for (const role of ['Sealwatch.Read', 'Sealwatch.Operate', 'Sealwatch.Approve'] as const) {
    const signed = await opened.issuer.sign('ada', [role], Date.now());
    if (signed.ok) tokens.set(role, signed.token);
  }
  if (fleet !== undefined) await writeFile(join(folder, 'fleet.yaml'), fleet);
  // The functions read their settings from this process, which is the test file's alone.
  process.env['SEALWATCH_ISSUER_FILE'] = issuerFile;
  process.env['SEALWATCH_STORAGE'] = 'UseDevelopmentStorage=true';
  process.env['SEALWATCH_FLEET'] = join(folder, 'fleet.yaml');
  const host = await startHost({
    load: async () => {
      for (const name of names) await import(`../../functions/${app}/${name}.ts`);
    },
    settings: {},
    port: 0,
    log: createLog({ write: () => undefined, clock: { now: () => 0 } }),
  });
  return {
    url: `${host.url}/api`,
    tokens,
    async close() {
      await host.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
