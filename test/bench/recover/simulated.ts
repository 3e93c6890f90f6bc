/**
 * `npm run bench -- recover --simulated`: many clusters of three nodes, all sealed at once by the restart of a region,
 * until all serve, in one process. Simulated Vaults behind the real share client, storage in memory; the real Key Vault
 * SDK against a FAKE of Key Vault, whose calls are counted by vault and by time.
 */
import { Agent } from 'node:https';
import { performance } from 'node:perf_hooks';
import * as sdk from '@azure/keyvault-keys';
import { keyVaultCalls } from '../../../shared/compose/key-vault-sdk.ts';
import { composeRecoverDeps } from '../../../shared/compose/recover.ts';
import { createKeyVaultCustodian } from '../../../shared/escrow/custodians/key-vault.ts';
import type { Fleet } from '../../../shared/fleet/fleet.ts';
import type { RecoverState } from '../../../shared/state/recover-ports.ts';
import { openShareClient } from '../../../shared/vault/share-client.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { type FakeKeyVaults, startKeyVaults } from '../../fakes/keyvault/server.ts';
import type { FakeVault } from '../../fakes/keyvault/vault.ts';
import { memoryRecoverState } from '../../fakes/state/recover-memory.ts';
import { simulationDispatcher } from '../../fakes/vault/dispatcher.ts';
import { createSimulation, type Simulation } from '../../fakes/vault/simulation.ts';
import { escrow, fleetOf } from './fleet.ts';

export interface SimulatedResult {
  clusters: number;
  serving: number;
  /** From the first nudge until the last cluster serves. */
  seconds: number;
  keyVault: {
    /** Of all vaults together, while recovering. */
    unwraps: number;
    calls: number;
    /** The most that one vault was asked in any 10 s. */
    mostIn10s: number;
    /** What one vault takes. */
    limitIn10s: number;
  };
}

type Holdings = Record<string, number[]>;

/** By how many vaults there are. One alone is a plan that nobody should have, and the hardest on its vault. */
const plans: Record<number, Holdings> = {
  1: { alpha: [1, 2, 3, 4, 5] },
  3: { alpha: [1, 2, 5], beta: [2, 3, 4], gamma: [1, 3, 4, 5] },
};
/** RSA 2048, software-protected (learn.microsoft.com/azure/key-vault/general/service-limits). */
const softwareKeysIn10s = 4_000;

/** What makes a run a failure, in a line; undefined: all serve, and Key Vault was asked no more than it takes. */
export function shortfall({ clusters, serving, keyVault }: SimulatedResult): string | undefined {
  if (clusters < 1) return 'FAILED: no cluster was simulated';
  const { mostIn10s, limitIn10s } = keyVault;
  const problems = [
    ...(serving < clusters ? [`${serving} of ${clusters} clusters serve`] : []),
    ...(mostIn10s > limitIn10s
      ? [`one vault was asked ${mostIn10s} times in 10 s, and it takes ${limitIn10s}`]
      : []),
  ];
  return problems.length > 0 ? `FAILED: ${problems.join('; ')}` : undefined;
}

interface SimulatedOptions {
  /** Calls of one vault in any 10 s that it takes. */
  limitIn10s?: number;
  /** Over how many the shares are spread: 1 or 3. */
  vaults?: number;
}

export async function benchSimulated(
  count: number,
  say: (line: string) => void,
  { limitIn10s = softwareKeysIn10s, vaults: spread = 3 }: SimulatedOptions = {},
): Promise<SimulatedResult> {
  const holdings = plans[spread];
  if (!holdings) throw new Error('--vaults is 1 or 3');
  const names = Object.keys(holdings);
  const fake = await startKeyVaults(names);
  const vaults = names.map((name) => fake.vault(name));
  try {
    await Promise.all(vaults.map((vault) => vault.rotate('escrow')));
    const startsAt = performance.now();
    const simulations = new Map(
      Array.from({ length: count }, (_, place) => {
        const name = `cluster-${place + 1}`;
        return [
          name,
          createSimulation({ name, telemetry: true, firstPort: 10_000 + place * 3 }, () => Date.now()),
        ] as const;
      }),
    );
    const fleet = fleetOver(simulations, fake, holdings);
    const state = memoryRecoverState();
    // Nothing of the import is measured: its calls take no turns.
    const importing = {
      ...appOver(simulations, fleet, fake, state),
      custodians: unpaced(names, fake),
    };
    say(`${count} clusters: importing their shares`);
    await Promise.all(
      fleet.clusters.map((cluster) => {
        const { shares, threshold } = simulated(simulations, cluster.name).keys;
        return escrow(importing, cluster, shares, threshold);
      }),
    );
    await noteStarts(importing);
    // Started anew: nothing of Key Vault is known or connected.
    const deps = appOver(simulations, fleet, fake, state);
    // A start within 2 s of the one before would pass for the same process.
    await deps.clock.sleep(Math.max(0, startsAt + 2_500 - performance.now()));
    for (const simulation of simulations.values()) {
      for (const { name: node } of simulation.state.nodes) simulation.apply({ kind: 'kill', node });
      for (const { name: node } of simulation.state.nodes) simulation.apply({ kind: 'start', node });
    }
    say('all sealed');
    const before = countsOf(vaults);
    const window = watchWindow(vaults);
    const startedAt = performance.now();
    await Promise.all(fleet.clusters.map(({ name }) => runPass(deps, name)));
    const seconds = (performance.now() - startedAt) / 1000;
    const mostIn10s = window.end();
    const after = countsOf(vaults);
    const listed = await Promise.all(fleet.clusters.map(({ name }) => deps.state.recoveries.list(name, 0)));
    const rows = listed.map((one) => one.rows);
    const serving = rows.filter(([row]) => row?.ended?.outcome === 'recovered').length;
    const odd = rows.find(([row]) => row?.ended?.outcome !== 'recovered');
    if (odd) say(`not recovered: ${JSON.stringify(odd)}`);
    return {
      clusters: count,
      serving,
      seconds,
      keyVault: {
        unwraps: after.unwraps - before.unwraps,
        calls: after.calls - before.calls,
        mostIn10s,
        limitIn10s,
      },
    };
  } finally {
    await fake.close();
  }
}

function simulated(simulations: ReadonlyMap<string, Simulation>, name: string): Simulation {
  const found = simulations.get(name);
  if (!found) throw new Error(`no simulation of ${name}`);
  return found;
}

function fleetOver(
  simulations: ReadonlyMap<string, Simulation>,
  fake: FakeKeyVaults,
  holdings: Holdings,
): Fleet {
  const custodians = Object.fromEntries(
    Object.entries(holdings).map(([name, shares]) => [name, { key: fake.vault(name).key('escrow'), shares }]),
  );
  const entries = [...simulations].map(([name, { state }]) => [
    name,
    {
      nodes: state.nodes.map(({ name, address, nodeId }) => ({ name, address, nodeId })),
      recovery: { policy: 'automatic' },
      escrow: { custodians },
    },
  ]);
  return fleetOf(
    Object.fromEntries(entries),
    Object.keys(holdings).map((name) => fake.origin(name)),
  );
}

function appOver(
  simulations: ReadonlyMap<string, Simulation>,
  fleet: Fleet,
  fake: FakeKeyVaults,
  state: RecoverState,
): RecoverDeps {
  const composed = composeRecoverDeps(
    { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' },
    {
      state,
      write: () => undefined,
      keyVault: { agent: keepingAlive(fake) },
      credential: async () => fake.credential,
    },
  );
  return {
    ...composed,
    loadFleet: async () => ({ fleet, problems: [] }),
    facts: async () => undefined,
    connect: async (cluster, trust) => {
      const nodes = cluster.nodes.map(({ name, address }) => {
        const opened = openShareClient(address, trust, {
          timeouts: { connectMs: 3_000, headersMs: 8_000, totalMs: 8_000 },
          maxResponseBytes: 256 * 1024,
          keepAliveMs: 30_000,
          clock: composed.clock,
          isRefusedAddress: () => false,
          dispatcher: () => simulationDispatcher(simulated(simulations, cluster.name), name),
        });
        return { node: name, address, client: opened.ok ? opened.client : opened.error };
      });
      return { nodes, close: async () => undefined };
    },
  };
}

function unpaced(names: string[], fake: FakeKeyVaults): RecoverDeps['custodians'] {
  const agent = keepingAlive(fake);
  const custodians = names.map((name) => {
    const connection = { sdk, vault: fake.origin(name), credential: fake.credential, options: { agent } };
    const key = fake.vault(name).key('escrow');
    const calls = keyVaultCalls(connection);
    return createKeyVaultCustodian({ name, key, calls, now: () => Date.now() });
  });
  const byName = new Map(custodians.map((custodian) => [custodian.name, custodian]));
  return async () => byName;
}

/** As production's: connections are used again. */
function keepingAlive({ agent }: FakeKeyVaults): Agent {
  return new Agent({ ...agent.options, keepAlive: true, maxSockets: 50 });
}

/** Calls that Key Vault counts: with a token or without. */
function countsOf(vaults: readonly FakeVault[]): { unwraps: number; calls: number } {
  return {
    unwraps: vaults.reduce((sum, { calls }) => sum + calls.unwrapKey, 0),
    calls: vaults.reduce((sum, vault) => sum + total(vault), 0),
  };
}

function total({ calls, challenges }: FakeVault): number {
  return calls.getKey + calls.wrapKey + calls.unwrapKey + challenges;
}

/** Samples each vault's count ten times a second. */
function watchWindow(vaults: readonly FakeVault[]): { end(): number } {
  const samples: number[][] = [];
  const sample = (): void => void samples.push(vaults.map(total));
  sample();
  const timer = setInterval(sample, 100);
  return {
    end() {
      clearInterval(timer);
      sample();
      let most = 0;
      for (const [at, later] of samples.entries()) {
        const earlier = samples[Math.max(0, at - 100)] ?? [];
        for (const [vault, calls] of later.entries()) most = Math.max(most, calls - (earlier[vault] ?? 0));
      }
      return most;
    },
  };
}
