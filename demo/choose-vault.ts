/** Real Vault where it can be had, the simulated one where not; and the words that say which. */
import { type FoundVault, findVault } from '../test/servers/find-vault.ts';
import { buildVault } from './build-vault.ts';
import type { Cleanup } from './cleanup.ts';

export type Choice =
  | { kind: 'real'; vaultPath: string; server: string; sentence: string }
  | { kind: 'simulated'; sentence: string };

/** SEALWATCH_VAULT_BIN names something that is no Vault: the person meant it, so nothing else is taken instead. */
export class NoSuchVault extends Error {
  override name = 'NoSuchVault';
}

export interface ChooseOptions {
  simulated: boolean;
  env: NodeJS.ProcessEnv;
  /** For what a build needs meanwhile. */
  folder: string;
  /** One line for a person; the choice itself is the caller's to say. */
  say: (line: string) => void;
  signal: AbortSignal;
  cleanup: Cleanup;
}

const origins = {
  SEALWATCH_VAULT_BIN: 'SEALWATCH_VAULT_BIN',
  PATH: 'found on PATH',
  cache: 'built before',
  built: 'built just now',
};

/**
 * Finds or builds a Vault.
 *
 * @throws NoSuchVault; the signal's reason when stopped.
 */
export async function chooseVault(options: ChooseOptions): Promise<Choice> {
  if (options.simulated) return { kind: 'simulated', sentence: 'the simulated Vault, as --sim asks' };
  const vault = await findOrBuild(options);
  if (!vault.found) {
    const [why = ''] = vault.why.trim().split('\n');
    return { kind: 'simulated', sentence: `the simulated Vault, for want of a real one: ${why}` };
  }
  const server = `Vault ${vault.version}`;
  return {
    kind: 'real',
    vaultPath: vault.path,
    server,
    sentence: `real servers: ${server} (${origins[vault.how]})`,
  };
}

async function findOrBuild({ env, folder, say, signal, cleanup }: ChooseOptions): Promise<FoundVault> {
  const present = await findVault({ env, build: false });
  if (present.found) return present;
  if (env.SEALWATCH_VAULT_BIN) throw new NoSuchVault(present.why);
  let told = false;
  const progress = (line: string): void => {
    if (!told) {
      say(
        'Sealwatch demo: building a real Vault first. This happens once and usually takes 3 to 7 minutes; it is kept ' +
          'outside the checkout. `npm run demo -- --sim` shows the same at once, on the simulated Vault.',
      );
    }
    told = true;
    say(`  ${line}`);
  };
  const built = await buildVault({ env, folder, progress, cleanup });
  signal.throwIfAborted();
  if (!built.found && told) say(`No Vault could be built: ${built.why}`);
  return built;
}
