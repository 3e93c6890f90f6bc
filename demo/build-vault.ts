import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import type { FoundVault } from '../test/servers/find-vault.ts';
import { ownProcess } from '../test/servers/owned-processes.ts';
import type { Cleanup } from './cleanup.ts';

const Message = z.union([
  z.object({ progress: z.string() }),
  z.object({ vault: z.custom<FoundVault>((value) => typeof value === 'object' && value !== null) }),
]);

const patienceMs = 10_000;

/** Builds a Vault (./vault-builder.ts); ended early by the cleanup, it leaves neither processes nor half a build. */
export async function buildVault(options: {
  env: NodeJS.ProcessEnv;
  /** For Go's work folder. */
  folder: string;
  progress: (line: string) => void;
  cleanup: Cleanup;
}): Promise<FoundVault> {
  const builder = await options.cleanup.open(
    'the build of Vault',
    async () => {
      const child = fork(new URL('./vault-builder.ts', import.meta.url), {
        env: { ...options.env, GOTMPDIR: options.folder },
        detached: true,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      ownProcess(child);
      return child;
    },
    endGroup,
  );
  return new Promise((resolve, reject) => {
    builder.on('message', (raw) => {
      const message = Message.parse(raw);
      if ('progress' in message) options.progress(message.progress);
      else resolve(message.vault);
    });
    builder.once('error', reject);
    builder.once('exit', (code, signal) =>
      reject(new Error(`the build of Vault ended without an answer (${signal ?? code})`)),
    );
  });
}

async function endGroup(leader: ChildProcess): Promise<void> {
  if (leader.pid === undefined || leader.exitCode !== null || leader.signalCode !== null) return;
  const group = -leader.pid;
  const gone = once(leader, 'exit');
  process.kill(group, 'SIGINT');
  const patience = setTimeout(() => process.kill(group, 'SIGKILL'), patienceMs);
  await gone;
  clearTimeout(patience);
}
