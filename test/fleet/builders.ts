import type { Fleet } from '../../shared/fleet/fleet.ts';
import type { Limits } from '../../shared/fleet/limits.ts';
import { parseFleet } from '../../shared/fleet/parse.ts';
import type { Problem } from '../../shared/fleet/problem.ts';
import { formatProblem, formatProblems } from '../../shared/fleet/problem.ts';

export function limits(over: Partial<Limits> = {}): Limits {
  return {
    envPrefix: 'SEALWATCH_SECRET_',
    fileRoot: '/etc/sealwatch',
    keyVaults: ['https://kv-sealwatch.vault.azure.net'],
    escrowVaults: [
      'https://kv-escrow-a.vault.azure.net',
      'https://kv-escrow-b.vault.azure.net',
      'https://kv-escrow-c.vault.azure.net',
    ],
    endpointHosts: ['events.example.com'],
    loginAudiences: [
      'api://vault',
      'api://vault-payments',
      'api://vault-root',
      'api://root',
      'api://sealwatch',
    ],
    ...over,
  };
}

/** A whole file around one cluster `payments`, whose fields begin on line 5; more top-level lines may follow. */
export function file(clusterLines: string[] = [], topLines: string[] = []): string {
  const cluster = clusterLines.map((line) => `    ${line}`);
  return [
    'version: 1',
    'clusters:',
    '  payments:',
    '    nodes: [https://vault-0:8200]',
    ...cluster,
    ...topLines,
    '',
  ].join('\n');
}

export function fleetOf(text: string, own = limits()): Fleet {
  const parsed = parseFleet(text, own);
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems, 'fleet.yaml'));
  return parsed.fleet;
}

export function problemsOf(text: string, own = limits()): Problem[] {
  const parsed = parseFleet(text, own);
  return parsed.ok ? [] : parsed.problems;
}

/** Problems as a person reads them. */
export function toldOf(text: string, own = limits()): string[] {
  return problemsOf(text, own).map(formatProblem);
}
