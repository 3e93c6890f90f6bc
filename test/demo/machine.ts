/** A PATH with the few tools that the demo's child processes need, and no Vault; with a Go of ours, or none. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const tools = ['sh', 'sleep', 'mkdir', 'rm', 'grep', 'printf'];

// It builds for ever, and removes its work folder at Ctrl-C, as the real one does.
const endlessGo = `#!/bin/sh
trap 'rm -r "$GOTMPDIR/go-build1"; exit 1' INT
mkdir "$GOTMPDIR/go-build1"
echo internal/abi >&2
sleep 600
`;

// Go is also looked for where its own installer puts it, which no variable can hide.
const noInstalledGo = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
const { accessSync } = fs;
fs.accessSync = (path, mode) => {
  if (String(path).startsWith('/usr/local/go/')) throw new Error('hidden by the test');
  accessSync(path, mode);
};
syncBuiltinESMExports();`;

export interface Machine {
  env: { PATH: string; XDG_CACHE_HOME: string; SEALWATCH_VAULT_BIN: string; NODE_OPTIONS: string };
}

export function machineWithoutVault(go: 'endless' | 'none'): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'sealwatch-machine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  const cache = join(folder, 'cache');
  mkdirSync(bin);
  mkdirSync(cache);
  for (const tool of tools) {
    const real = ['/bin', '/usr/bin'].map((place) => join(place, tool)).find((path) => existsSync(path));
    if (real) symlinkSync(real, join(bin, tool));
  }
  if (go === 'endless') writeFileSync(join(bin, 'go'), endlessGo, { mode: 0o755 });
  const hide = `--import=data:text/javascript,${encodeURIComponent(noInstalledGo)}`;
  return {
    env: {
      PATH: bin,
      XDG_CACHE_HOME: cache,
      SEALWATCH_VAULT_BIN: '',
      NODE_OPTIONS: go === 'none' ? hide : '',
    },
  };
}
