import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { look } from '../../shared/recovery/look.ts';
import type { NodeSight } from '../../shared/recovery/recovery.ts';
import type { SimulationOptions } from '../fakes/vault/simulation.ts';
import { type UnderUnseal, underUnseal } from './unsealing.ts';

async function seen(fleet: UnderUnseal, timeoutMs = 1000): Promise<NodeSight[]> {
  const targets = fleet.simulation.state.nodes.map(({ name, address }) => ({
    node: name,
    address,
    client: fleet.client(name),
  }));
  return look(targets, { clock: systemClock, timeoutMs });
}

async function kinds(fleet: UnderUnseal, timeoutMs?: number): Promise<string[]> {
  const sights = await seen(fleet, timeoutMs);
  return sights.map(({ state }) => (state.kind === 'serving' ? state.role : state.kind));
}

function serving(options: SimulationOptions = {}): UnderUnseal {
  const fleet = underUnseal({ active: true, ...options });
  for (const node of fleet.nodes.slice(1)) {
    for (const key of fleet.simulation.keys.shares.slice(0, 3)) fleet.stranger(node, { key });
  }
  fleet.later(30_000);
  return fleet;
}

describe('a look at a cluster', () => {
  it('sees who is active and who follows, and when each process started', async () => {
    const fleet = serving({ telemetry: true });
    const sights = await seen(fleet);
    expect((await kinds(fleet)).sort()).toEqual(['active', 'standby', 'standby']);
    expect(sights.map(({ start }) => start)).toEqual(
      fleet.simulation.state.nodes.map(({ startedAt }) => startedAt),
    );
  });

  it('sees sealed nodes with what they hold, and no start where metrics need a token', async () => {
    const fleet = underUnseal();
    fleet.stranger('vault-2', { key: fleet.simulation.keys.shares[0] });
    const sights = await seen(fleet);
    expect(sights.map(({ state }) => state.kind === 'sealed' && state.seal.progress)).toEqual([0, 1, 0]);
    expect(sights.map(({ start }) => start)).toEqual([undefined, undefined, undefined]);
  });

  it('reads the start of a sealed process, too', async () => {
    const [first] = await seen(underUnseal({ telemetry: true }));
    expect(first?.start).toBe(Date.UTC(2026, 10, 22, 3, 0, 0));
  });

  it('calls standbys leaderless when no node answers as active, whatever they say of a leader', async () => {
    const fleet = serving();
    const active = (await kinds(fleet)).indexOf('active');
    fleet.simulation.apply({ kind: 'kill', node: fleet.nodes[active] ?? '' });
    expect((await kinds(fleet)).sort()).toEqual(['leaderless', 'leaderless', 'unreachable']);
  });

  it('tells a joiner from an uninitialised cluster', async () => {
    const fleet = underUnseal({ healthy: false });
    expect(await kinds(fleet)).toEqual(['uninitialised', 'uninitialised', 'uninitialised']);
    fleet.simulation.request('vault-1', { method: 'POST', path: 'sys/init', body: {} });
    expect(await kinds(fleet)).toEqual(['sealed', 'joiner', 'joiner']);
  });

  it('sees a removed node, a DR secondary and storage that is away', async () => {
    const fleet = serving();
    fleet.simulation.apply({ kind: 'remove', node: 'vault-3' });
    expect((await kinds(fleet))[2]).toBe('removed');
    expect((await kinds(serving({ drSecondary: true })))[0]).toBe('other');
    const etcd = serving({ storage: 'etcd' });
    etcd.simulation.apply({ kind: 'storage', down: true });
    expect(await kinds(etcd)).toEqual(Array(3).fill('storage-unavailable'));
  });

  it('takes no longer than it is given, however many nodes hang', async () => {
    const fleet = underUnseal();
    for (const node of fleet.nodes.slice(1))
      fleet.simulation.apply({ kind: 'faults', node, faults: { hang: true } });
    const sights = await seen(fleet, 60);
    expect(sights.map(({ state }) => state.kind)).toEqual(['sealed', 'unreachable', 'unreachable']);
    const { state } = sights[1] as NodeSight;
    expect(state.kind === 'unreachable' && state.error.code).toBe('timeout');
  });

  it('believes no answer that contradicts itself', async () => {
    const fleet = underUnseal();
    const body = JSON.stringify({ initialized: true, sealed: true, standby: true });
    const garbage = { status: 200, contentType: 'application/json', body };
    fleet.simulation.apply({ kind: 'faults', node: 'vault-1', faults: { garbage } });
    expect((await kinds(fleet))[0]).toBe('unreachable');
  });

  it('passes on why there is no client for a node', async () => {
    const error = { code: 'tls-untrusted', message: 'shares do not go there', recoverable: false } as const;
    const [sight] = await look([{ node: 'vault-1', address: 'https://v:8200', client: error }], {
      clock: systemClock,
      timeoutMs: 100,
    });
    expect(sight?.state).toEqual({ kind: 'unreachable', error });
  });
});
