/**
 * Servers that tests and the demo start, and the folders they keep: none outlives the process that started it.
 *
 * Three nets: `close()` of each server; an `exit` handler here; and a guardian shell that reads our pids from
 * a pipe and kills what is left when the pipe ends, which also happens when we are killed with SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

// `trap`: Ctrl-C reaches the whole process group, and the guardian is needed just then.
// Only what is registered at the end of the pipe is touched, so no reused pid is.
const guardianScript = `trap '' INT TERM HUP
left=''
while read -r op what; do
  case "$op" in
    add) left="$left$op $what
" ;;
    folder) left="$left$op $what
" ;;
    drop) left=$(printf '%s' "$left" | grep -vxF -e "add $what" -e "folder $what")
left="$left
" ;;
  esac
done
printf '%s' "$left" | while read -r op what; do if [ "$op" = add ]; then kill -9 "$what"; fi; done
printf '%s' "$left" | while read -r op what; do if [ "$op" = folder ]; then rm -rf -- "$what"; fi; done`;

const pids = new Set<number>();
const folders = new Set<string>();
let guardian: ChildProcess | undefined;

function tell(line: string): void {
  if (!guardian) {
    guardian = spawn('sh', ['-c', guardianScript], { stdio: ['pipe', 'ignore', 'ignore'] });
    guardian.unref();
    const pipe = guardian.stdin;
    if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
    process.once('exit', killAll);
  }
  guardian.stdin?.write(`${line}\n`);
}

function killAll(): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It ended by itself between our last look and now.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Watches over a child until it exits. */
export function ownProcess(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  pids.add(pid);
  tell(`add ${pid}`);
  child.once('exit', () => {
    pids.delete(pid);
    tell(`drop ${pid}`);
  });
}

/** Has a temporary folder removed when this process ends, however it ends. */
export function ownFolder(path: string): void {
  folders.add(path);
  tell(`folder ${path}`);
}

/** Removes a folder that is no longer needed. */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  folders.delete(path);
  tell(`drop ${path}`);
}
