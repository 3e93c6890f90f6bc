/** What commands that read storage and open envelopes work with: the person's own login, and no app's. */
import { composeRecoverDeps } from '../shared/compose/recover.ts';
import type { RecoverDeps } from '../shared/work/recover/deps.ts';
import type { Context } from './context.ts';
import { withStorage } from './storage-file.ts';

/** @throws SettingsInvalid naming every variable that is missing or wrong. */
export async function ownDeps({ env, world, terminal }: Context): Promise<RecoverDeps> {
  const { azureToken: _azureToken, ...replacements } = world;
  const settings = await withStorage(env);
  // Information is for those who keep logs; a person reads what the command says.
  const level = env.SEALWATCH_LOG_LEVEL || 'warn';
  return composeRecoverDeps(
    { ...settings, SEALWATCH_LOG_LEVEL: level },
    { ...replacements, write: (line) => terminal.complain(line) },
  );
}
