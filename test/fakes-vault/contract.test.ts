import { describe } from 'vitest';
import type { ClusterUnderTest, Reply } from '../contract/operator.ts';
import { vaultContract } from '../contract/vault.ts';
import { createSimulation, type SimulationOptions } from '../fakes/vault/simulation.ts';

describe('the simulated Vault', () => {
  vaultContract(async () => simulatedCluster({ healthy: false, telemetry: true }));
});

/** Time passes only here: a look costs 100 ms of the simulation's own clock. */
function simulatedCluster(options: SimulationOptions): ClusterUnderTest {
  let now = Date.UTC(2026, 0, 1);
  const simulation = createSimulation(options, () => now);
  return {
    nodes: simulation.state.nodes,
    async request(node, method, path, body, token): Promise<Reply> {
      // Each request takes a moment, as on a real server.
      now += 1;
      const reply = simulation.request(node, {
        method,
        path,
        ...(body === undefined ? {} : { body }),
        ...(token === undefined ? {} : { token }),
      });
      if (reply.kind !== 'answer') return { status: 0, body: undefined };
      const isJson = reply.headers['content-type'] === 'application/json' && reply.body !== '';
      const { location } = reply.headers;
      return {
        status: reply.status,
        body: isJson ? (JSON.parse(reply.body) as unknown) : reply.body,
        ...(location === undefined ? {} : { location }),
      };
    },
    async kill(node) {
      simulation.apply({ kind: 'kill', node });
    },
    async start(node) {
      now += 300;
      simulation.apply({ kind: 'start', node });
    },
    async until(what, seconds, look) {
      const deadline = now + seconds * 1000;
      while (!(await look())) {
        if (now > deadline) throw new Error(`not within ${seconds} s: ${what}`);
        now += 100;
      }
    },
    async pass(seconds) {
      now += seconds * 1000;
    },
    async close() {
      // Nothing runs.
    },
  };
}
