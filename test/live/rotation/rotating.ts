/**
 * Exercises the seals of real servers as the product does: a fleet.yaml, compose, and `readyFleet` called by the test as
 * the hourly timer.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { composeRotate } from '../../../shared/compose/rotate.ts';
import type { Readiness } from '../../../shared/readiness/readiness.ts';
import { readyFleet } from '../../../shared/work/rotate/ready.ts';
import { memoryRotateState } from '../../fakes/state/rotate-memory.ts';
import type { ClusterEntries } from '../probing/watching.ts';

export interface Rotating {
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

export function startRotating(): Rotating {
  const folder = mkdtempSync(join(tmpdir(), 'sealwatch-rotating-'));
  const path = join(folder, 'fleet.yaml');
  const env: Record<string, string> = {
    SEALWATCH_FLEET: path,
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
  };
  const state = memoryRotateState();
  const lines: string[] = [];
  const { deps } = composeRotate(env, {
    state,
    generations: async () => ({ rows: [], unreadable: [] }),
    write: (line) => lines.push(line),
  });
  return {
    lines,
    async ready(cluster) {
      await readyFleet(deps);
      const [row] = (await state.readiness.list(cluster)).rows;
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
