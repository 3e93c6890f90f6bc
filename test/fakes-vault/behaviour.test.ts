import { describe, expect, it } from 'vitest';
import { createSimulation, type Simulation, type SimulationOptions } from '../fakes/vault/simulation.ts';

/** What a real server cannot be made to show here: older versions, OpenBao, other seals and storage. */
function simulated(options: SimulationOptions = {}) {
  let now = Date.UTC(2026, 0, 1);
  const simulation = createSimulation(options, () => now);
  return {
    simulation,
    later: (seconds: number) => {
      now += seconds * 1000;
    },
    status: (node: string) => ask(simulation, node, 'sys/health').status,
    statuses: () => simulation.state.nodes.map(({ name }) => ask(simulation, name, 'sys/health').status),
    unseal: (node: string, extra: object = {}) =>
      simulation.keys.shares
        .slice(0, simulation.keys.threshold)
        .map((key) => ask(simulation, node, 'sys/unseal', { method: 'POST', body: { key, ...extra } }))
        .at(-1),
  };
}

function ask(
  simulation: Simulation,
  node: string,
  path: string,
  options: { method?: string; body?: unknown; token?: string } = {},
) {
  const reply = simulation.request(node, { method: 'GET', path, ...options });
  const nothing: Record<string, unknown> = {};
  if (reply.kind !== 'answer') return { status: 0, kind: reply.kind, body: nothing, delayMs: 0 };
  const body = reply.body.startsWith('{') ? (JSON.parse(reply.body) as typeof nothing) : nothing;
  return { status: reply.status, kind: reply.kind, body, delayMs: reply.delayMs, text: reply.body };
}

function loseQuorum({ simulation, later }: ReturnType<typeof simulated>) {
  simulation.apply({ kind: 'kill', node: 'vault-3' });
  simulation.apply({ kind: 'kill', node: 'vault-1' });
  later(60);
}

describe('versions and listeners', () => {
  it('answers 429 for ever without an active node before 1.19 and on OpenBao', () => {
    for (const options of [
      { features: { haUnhealthyStatus: false } },
      { flavour: 'openbao' },
    ] satisfies SimulationOptions[]) {
      const cluster = simulated(options);
      loseQuorum(cluster);
      expect(cluster.status('vault-2')).toBe(429);
      expect(ask(cluster.simulation, 'vault-2', 'sys/health').body).not.toHaveProperty(
        'ha_connection_healthy',
      );
    }
  });

  it('has no 530 on OpenBao, where a removed peer stays an unsealed standby', () => {
    const { simulation, status } = simulated({ flavour: 'openbao' });
    simulation.apply({ kind: 'remove', node: 'vault-2' });
    expect(status('vault-2')).toBe(429);
    expect(ask(simulation, 'vault-2', 'sys/health').body).not.toHaveProperty('removed_from_cluster');
  });

  it('puts the nodes of ha-status at the top on OpenBao', () => {
    const { simulation } = simulated({ flavour: 'openbao' });
    const { body } = ask(simulation, 'vault-1', 'sys/ha-status', { token: simulation.keys.rootToken });
    expect(body.nodes).toHaveLength(3);
    expect(body.data).toBeUndefined();
  });

  it('redacts version and cluster name for callers without a token', () => {
    const { simulation } = simulated({ redact: true });
    const { body } = ask(simulation, 'vault-1', 'sys/health');
    expect(body.version).toBe('');
    expect(body).not.toHaveProperty('cluster_name');
    const known = ask(simulation, 'vault-1', 'sys/health', { token: simulation.keys.rootToken });
    expect(known.body.version).toBe('1.21.0');
  });

  it('answers 473 on performance standbys and 472 on every node of a DR secondary', () => {
    expect(simulated({ performanceStandbys: true }).statuses()).toEqual([200, 473, 473]);
    expect(simulated({ drSecondary: true }).statuses()).toEqual([472, 472, 472]);
  });

  it('shows metrics with the process start only where telemetry is open', () => {
    const open = simulated({ telemetry: true });
    expect(ask(open.simulation, 'vault-1', 'sys/metrics?format=prometheus').text).toMatch(
      /^process_start_time_seconds \d/m,
    );
    expect(ask(simulated().simulation, 'vault-1', 'sys/metrics?format=prometheus').status).toBe(403);
  });

  it('runs different versions on different nodes', () => {
    const { simulation } = simulated();
    simulation.apply({ kind: 'upgrade', node: 'vault-2', version: '1.21.4' });
    expect(ask(simulation, 'vault-2', 'sys/health').body.version).toBe('1.21.4');
    expect(ask(simulation, 'vault-1', 'sys/health').body.version).toBe('1.21.0');
  });
});

describe('other seals', () => {
  it('comes back by itself from a restart while its provider answers, and exits when it does not', () => {
    const { simulation, status, later } = simulated({ seal: 'transit' });
    const statuses = simulation.state.nodes.map(({ name }) => status(name));
    expect(statuses).toEqual([200, 429, 429]);
    simulation.apply({ kind: 'kill', node: 'vault-2' });
    simulation.apply({ kind: 'start', node: 'vault-2' });
    expect(status('vault-2')).toBe(429);

    simulation.apply({ kind: 'provider', up: false });
    later(3600);
    expect(status('vault-1')).toBe(200);
    expect(ask(simulation, 'vault-1', 'sys/seal-backend-status').body.healthy).toBe(true);
    simulation.apply({ kind: 'kill', node: 'vault-2' });
    simulation.apply({ kind: 'start', node: 'vault-2' });
    expect(status('vault-2')).toBe(0);
  });

  it('says since when the seal is unhealthy once the server has noticed', () => {
    const { simulation } = simulated({ seal: 'azurekeyvault' });
    simulation.apply({ kind: 'provider', up: false, noticed: true });
    const { body } = ask(simulation, 'vault-1', 'sys/seal-backend-status');
    expect(body).toMatchObject({ healthy: false, unhealthy_since: '2026-01-01T00:00:00.000Z' });
  });

  it('gives recovery shares only, which unseal a node that an operator sealed', () => {
    const { simulation, status, unseal } = simulated({ seal: 'transit', healthy: false });
    const init = ask(simulation, 'vault-1', 'sys/init', { method: 'POST', body: {} });
    expect(init.body).toMatchObject({ keys: [], keys_base64: [] });
    expect(init.body.recovery_keys_base64).toHaveLength(5);
    const cluster = simulated({ seal: 'transit' });
    cluster.simulation.apply({ kind: 'seal', node: 'vault-2' });
    expect(cluster.status('vault-2')).toBe(503);
    expect(cluster.unseal('vault-2')?.body).toMatchObject({ sealed: false, recovery_seal: true });
    expect([status('vault-1'), unseal('vault-1')?.status]).toEqual([429, 200]);
  });

  it('wants old shares with `migrate` while a seal migration is pending', () => {
    const { simulation, unseal, status } = simulated();
    simulation.apply({ kind: 'kill', node: 'vault-3' });
    simulation.apply({ kind: 'migrate', to: 'azurekeyvault' });
    simulation.apply({ kind: 'start', node: 'vault-3' });
    expect(ask(simulation, 'vault-3', 'sys/seal-status').body).toMatchObject({
      type: 'azurekeyvault',
      migration: true,
      recovery_seal: true,
    });
    expect(unseal('vault-3')).toMatchObject({ status: 500 });
    expect(unseal('vault-3', { migrate: true })?.body).toMatchObject({ sealed: false, migration: false });
    expect(status('vault-3')).toBe(429);
  });
});

describe('etcd', () => {
  it('elects through the lock: 429 for ten seconds, then 474, then active', () => {
    const { simulation, later, status } = simulated({ storage: 'etcd', nodes: 2 });
    simulation.apply({ kind: 'kill', node: 'vault-1' });
    const seen = Array.from({ length: 15 }, () => {
      later(1);
      return status('vault-2');
    });
    expect([...new Set(seen)]).toEqual([429, 474, 200]);
  });

  it('answers 500 after five seconds while etcd is gone, and nothing is sealed', () => {
    const { simulation, later, statuses } = simulated({ storage: 'etcd', nodes: 2 });
    simulation.apply({ kind: 'storage', down: true });
    expect(ask(simulation, 'vault-1', 'sys/health')).toMatchObject({ status: 500, delayMs: 5000 });
    expect(ask(simulation, 'vault-1', 'sys/seal-status').body).toMatchObject({
      sealed: false,
      storage_type: 'etcd',
    });
    simulation.apply({ kind: 'storage', down: false });
    later(30);
    expect(statuses()).toEqual([200, 429]);
  });
});

describe('faults', () => {
  it('cuts an active node off: the others elect another, and it follows when it is back', () => {
    const { simulation, later, statuses } = simulated();
    simulation.apply({ kind: 'faults', node: 'vault-1', faults: { isolated: true } });
    later(20);
    expect(statuses()).toEqual([429, 200, 429]);
    simulation.apply({ kind: 'faults', node: 'vault-1', faults: { isolated: false } });
    later(5);
    expect(ask(simulation, 'vault-1', 'sys/leader').body.leader_address).toBe(
      simulation.state.nodes[1]?.address,
    );
  });

  it('answers garbage, cuts connections, hangs or takes its time, as told', () => {
    const { simulation } = simulated();
    const fault = (faults: object) => {
      simulation.apply({ kind: 'faults', node: 'vault-1', faults });
      return ask(simulation, 'vault-1', 'sys/health');
    };
    expect(fault({ latencyMs: 250 })).toMatchObject({ status: 200, delayMs: 250 });
    expect(
      fault({ garbage: { status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' } }),
    ).toMatchObject({ status: 502, text: '<h1>Bad Gateway</h1>' });
    expect(fault({ reset: true }).kind).toBe('reset');
    expect(fault({ hang: true }).kind).toBe('hang');
  });

  it('waits for shares again, as a joiner, after its storage was lost', () => {
    const { simulation, status, unseal, later } = simulated();
    simulation.apply({ kind: 'kill', node: 'vault-3' });
    simulation.apply({ kind: 'wipe', node: 'vault-3' });
    simulation.apply({ kind: 'start', node: 'vault-3' });
    expect(status('vault-3')).toBe(503);
    expect(unseal('vault-3')?.body).toMatchObject({ sealed: true, progress: 0 });
    later(2);
    expect(status('vault-3')).toBe(429);
  });
});

describe('logins', () => {
  it('lets an AppRole read what the probe reads and nothing else, until its token ends', () => {
    const { simulation, later } = simulated();
    simulation.addLogin('role', 'secret', { ttlSeconds: 60 });
    const login = (secret: string) =>
      ask(simulation, 'vault-2', 'auth/approle/login', {
        method: 'POST',
        body: { role_id: 'role', secret_id: secret },
      });
    expect(login('wrong').status).toBe(400);
    const auth = login('secret').body.auth as { client_token: string; lease_duration: number };
    const token = auth.client_token;
    expect(auth.lease_duration).toBe(60);
    const read = (path: string) => ask(simulation, 'vault-1', path, { token }).status;
    expect(read('sys/storage/raft/autopilot/state')).toBe(200);
    expect(read('sys/mounts')).toBe(403);
    later(50);
    expect(ask(simulation, 'vault-1', 'auth/token/renew-self', { method: 'POST', token }).status).toBe(200);
    later(50);
    expect(read('sys/ha-status')).toBe(200);
    later(11);
    expect(read('sys/ha-status')).toBe(403);
  });
});
