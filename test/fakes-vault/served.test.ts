import { Agent, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../fakes/pki.ts';
import { simulationDispatcher } from '../fakes/vault/dispatcher.ts';
import { type ServedSimulation, type ServeOptions, serveSimulation } from '../fakes/vault/http.ts';
import { createSimulation } from '../fakes/vault/simulation.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function served(options: ServeOptions & { ca?: string } = {}) {
  const simulation = createSimulation({}, () => Date.now());
  const server: ServedSimulation = await serveSimulation(simulation, options);
  const agent = new Agent(options.ca === undefined ? {} : { connect: { ca: options.ca } });
  closers.push(
    () => agent.destroy(),
    () => server.close(),
  );
  const get = async (index: number, path: string) => {
    const answer = await request(`${server.addresses[index]}/v1/${path}`, { dispatcher: agent });
    return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> };
  };
  return { simulation, server, get };
}

describe('a simulation behind sockets', () => {
  it('serves each node at its own address, which the others name as the leader', async () => {
    const { server, get } = await served();
    expect((await get(0, 'sys/health')).status).toBe(200);
    expect((await get(1, 'sys/leader')).body.leader_address).toBe(server.addresses[0]);
  });

  it('refuses connections to a killed node and takes them again after its start', async () => {
    const { simulation, server, get } = await served();
    await get(2, 'sys/health');
    simulation.apply({ kind: 'kill', node: 'vault-3' });
    await server.settled();
    await expect(get(2, 'sys/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    simulation.apply({ kind: 'start', node: 'vault-3' });
    await server.settled();
    expect((await get(2, 'sys/health')).status).toBe(503);
  });

  it('takes shares over TLS', async () => {
    const authority = await createAuthority('simulation');
    const certificate = await authority.issue({ names: ['127.0.0.1'] });
    const { simulation, server, get } = await served({ tls: certificate, ca: authority.certPem });
    simulation.apply({ kind: 'seal', node: 'vault-2' });
    const agent = new Agent({ connect: { ca: authority.certPem } });
    closers.push(() => agent.destroy());
    for (const key of simulation.keys.shares.slice(0, 3)) {
      const answer = await request(`${server.addresses[1]}/v1/sys/unseal`, {
        dispatcher: agent,
        method: 'POST',
        body: JSON.stringify({ key }),
      });
      await answer.body.dump();
    }
    expect((await get(1, 'sys/health')).status).toBe(429);
  });

  it('cuts the connection where the simulation says so', async () => {
    const { simulation, get } = await served();
    simulation.apply({ kind: 'faults', node: 'vault-1', faults: { reset: true } });
    await expect(get(0, 'sys/health')).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });
});

describe('a simulation as a dispatcher', () => {
  const ask = (dispatcher: ReturnType<typeof simulationDispatcher>, options: { signal?: AbortSignal } = {}) =>
    request('http://vault/v1/sys/health', { dispatcher, ...options });

  it('answers requests without sockets', async () => {
    const simulation = createSimulation({}, () => 1_800_000_000_000);
    const answer = await ask(simulationDispatcher(simulation, 'vault-2'));
    expect(answer.statusCode).toBe(429);
    expect(await answer.body.json()).toMatchObject({ standby: true, server_time_utc: 1_800_000_000 });
  });

  it('gives the errors of sockets', async () => {
    const simulation = createSimulation({}, () => 1_800_000_000_000);
    simulation.apply({ kind: 'kill', node: 'vault-1' });
    simulation.apply({ kind: 'faults', node: 'vault-2', faults: { reset: true } });
    await expect(ask(simulationDispatcher(simulation, 'vault-1'))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    await expect(ask(simulationDispatcher(simulation, 'vault-2'))).rejects.toMatchObject({
      code: 'UND_ERR_SOCKET',
    });
  });

  it('lets a hanging request be aborted', async () => {
    const simulation = createSimulation({}, () => 1_800_000_000_000);
    simulation.apply({ kind: 'faults', node: 'vault-1', faults: { hang: true } });
    const controller = new AbortController();
    const pending = ask(simulationDispatcher(simulation, 'vault-1'), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });
});
