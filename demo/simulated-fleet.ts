/** Three simulated Vault nodes, over TLS as the real ones. They begin initialised and unsealed. */
import { randomUUID } from 'node:crypto';
import { createAuthority } from '../test/fakes/pki.ts';
import { serveSimulation } from '../test/fakes/vault/http.ts';
import { createSimulation } from '../test/fakes/vault/simulation.ts';
import { until } from '../test/servers/until.ts';
import type { FleetUnderTest } from './fleet-under-test.ts';

const stabilisationMs = 3000;
const patienceSeconds = 60;

export async function startSimulatedFleet(name: string): Promise<FleetUnderTest> {
  const authority = await createAuthority('Sealwatch demo CA');
  const tls = await authority.issue({ names: ['localhost', '127.0.0.1'] });
  const startedAt = Date.now() - performance.now();
  // The simulation's clock must not go back, which the wall clock may.
  const simulation = createSimulation({ name, scheme: 'https', stabilisationMs, seed: randomUUID() }, () =>
    Math.round(startedAt + performance.now()),
  );
  simulation.apply({ kind: 'autopilot', settings: { cleanupDeadServers: true, minQuorum: 3 } });
  const served = await serveSimulation(simulation, { tls });
  const login = { roleId: randomUUID(), secretId: randomUUID() };

  const change = async (kind: 'kill' | 'start' | 'seal', node: string): Promise<void> => {
    simulation.apply({ kind, node });
    await served.settled();
  };
  return {
    server: `simulated Vault ${simulation.state.settings.version}`,
    nodes: simulation.state.nodes,
    ca: authority.certPem,
    initialise: async () => undefined,
    async probeLogin() {
      simulation.addLogin(login.roleId, login.secretId);
      return login;
    },
    active: () => until('a node is active', patienceSeconds, async () => simulation.state.active),
    kill: (node) => change('kill', node),
    start: (node) => change('start', node),
    seal: (node) => change('seal', node),
    async unseal(node) {
      const { shares, threshold } = simulation.keys;
      for (const key of shares.slice(0, threshold)) {
        const reply = simulation.request(node, { method: 'POST', path: 'sys/unseal', body: { key } });
        if (reply.kind !== 'answer' || reply.status !== 200)
          throw new Error(`unseal ${node}: ${JSON.stringify(reply)}`);
      }
    },
    logTail: () => '(the simulated Vault keeps no log)',
    close: () => served.close(),
  };
}
