/** fleet.yaml of simulated clusters, and what is read from it. */
import type { Fleet } from '../../../shared/fleet/fleet.ts';
import { parseFleet } from '../../../shared/fleet/parse.ts';
import { formatProblems } from '../../../shared/fleet/problem.ts';
import type { Simulation } from '../../fakes/vault/simulation.ts';

/** Which custodian holds which shares. */
export type Holdings = Record<string, number[]>;

/** Without any one of them three shares are left; none reaches the threshold of three alone. */
export const threeCustodians: Holdings = { a: [1, 2], b: [3, 4], c: [5, 1] };

export interface Entry {
  simulation: Simulation;
  /** Lines of `recovery`. */
  recovery: string[];
  /** Further lines. */
  yaml: string[];
}

export function fleetText(entries: Entry[], holdings: Holdings): string {
  return ['version: 1', 'clusters:', ...entries.flatMap((entry) => entryText(entry, holdings)), ''].join(
    '\n',
  );
}

function entryText({ simulation: { name, state }, recovery, yaml }: Entry, holdings: Holdings): string[] {
  return [
    `  ${name}:`,
    '    nodes:',
    ...state.nodes.map(
      (node) => `      - {name: ${node.name}, address: "${node.address}", nodeId: ${node.nodeId}}`,
    ),
    '    recovery:',
    ...recovery.map((line) => `      ${line}`),
    '    escrow:',
    '      custodians:',
    ...Object.entries(holdings).map(
      ([custodian, shares]) =>
        `        ${custodian}: {key: "${vaultOf(custodian)}/keys/escrow", shares: [${shares.join(', ')}]}`,
    ),
    ...yaml.map((line) => `    ${line}`),
  ];
}

/** By text: hundreds of worlds have the same one. */
const read = new Map<string, Fleet>();

export function fleetOf(text: string, holdings: Holdings): Fleet {
  const known = read.get(text);
  if (known) return known;
  const parsed = parseFleet(text, {
    envPrefix: 'SECRET_',
    keyVaults: [],
    escrowVaults: Object.keys(holdings).map(vaultOf),
    endpointHosts: [],
  });
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems, 'fleet.yaml'));
  read.set(text, parsed.fleet);
  return parsed.fleet;
}

function vaultOf(custodian: string): string {
  return `https://${custodian}.vault.azure.net`;
}
