/**
 * Readiness and rotation of real servers as the product does them: a fleet.yaml, compose, and its use cases called by the
 * test as timers, queues and people would.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { composeRotate, type RotateReplacements } from '../../../shared/compose/rotate.ts';
import type { Readiness } from '../../../shared/readiness/readiness.ts';
import type { RotateState } from '../../../shared/state/rotate-ports.ts';
import type { RotateDeps } from '../../../shared/work/rotate/deps.ts';
import { readyFleet } from '../../../shared/work/rotate/ready.ts';
import { memoryRotateState } from '../../fakes/state/rotate-memory.ts';
import type { ClusterEntries } from '../probing/watching.ts';

export interface Rotating {
  deps: RotateDeps;
  /** One run over the fleet; what was found of this cluster. */
  ready(cluster: string): Promise<Readiness>;
  /** Another fleet.yaml, seen by the next run. */
  rewrite(clusters: ClusterEntries): void;
  /** Sets what the reference it returns leads to. */
  secret(name: string, value: string): string;
  /** What was logged. */
  lines: string[];
  close(): void;
}

export interface RotatingOptions {
  settings?: Record<string, string>;
  state?: RotateState;
  replaced?: RotateReplacements;
}

export function startRotating({ settings, state, replaced }: RotatingOptions = {}): Rotating {
  const folder = mkdtempSync(join(tmpdir(), 'sealwatch-rotating-'));
  const path = join(folder, 'fleet.yaml');
  const env: Record<string, string> = {
    SEALWATCH_FLEET: path,
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    ...settings,
  };
  const lines: string[] = [];
  const { deps } = composeRotate(env, {
    state: state ?? memoryRotateState(),
    generations: async () => ({ rows: [], unreadable: [] }),
    recoveries: async () => ({ rows: [], unreadable: [] }),
    hold: async () => undefined,
    write: (line) => lines.push(line),
    ...replaced,
  });
  return {
    deps,
    lines,
    async ready(cluster) {
      await readyFleet(deps);
      const [row] = (await deps.state.readiness.list(cluster)).rows;
      if (!row) throw new Error(`nothing was kept of ${cluster}: ${lines.join('\n')}`);
      return row;
    },
    rewrite(clusters) {
      writeFileSync(path, stringify({ version: 1, clusters }));
    },
    secret(name, value) {
      env[`SEALWATCH_SECRET_${name}`] = value;
      return `env:SEALWATCH_SECRET_${name}`;
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
