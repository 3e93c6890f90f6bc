/** Rule 2 while a recovery is under way: shares go over connections of their own generation's trust. */
import { expect, it } from 'vitest';
import type { TrustBinding } from '../../../shared/escrow/generation.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { RecoveryUnderTest } from './recovery-under-test.ts';

const pin = (byte: number) => Buffer.alloc(32, byte).toString('base64');

it('a generation that is imported meanwhile is sent by the next pass, which connects anew', async () => {
  const world = new RecoveryUnderTest();
  let pinned = pin(1);
  const went: { node: string; pins: string[]; generation: number | undefined }[] = [];
  const trusting = (): RecoverDeps => {
    const deps = world.process();
    const binding: RecoverDeps['binding'] = async (cluster) => {
      const now = await deps.binding(cluster);
      return now.ok ? { ok: true, binding: { ...now.binding, pins: [pinned] } } : now;
    };
    const connect: RecoverDeps['connect'] = async (cluster, trust: TrustBinding) => {
      const { pins: _pins, ...open } = trust;
      const connected = await deps.connect(cluster, { ...open, pins: [] });
      for (const { node, client } of connected.nodes) {
        if ('code' in client) continue;
        const unseal = client.unseal.bind(client);
        client.unseal = async (body, options) => {
          const intents = world.recoveries().at(-1)?.intents ?? [];
          const { generation } = intents.filter((intent) => intent.node === node).at(-1) ?? {};
          went.push({ node, pins: trust.pins, generation });
          return unseal(body, options);
        };
      }
      return connected;
    };
    return { ...deps, binding, connect };
  };
  await world.escrow(trusting());
  await noteStarts(trusting());
  await world.clock.sleep(60_000);
  for (const node of world.names) world.simulation.apply({ kind: 'kill', node });
  await world.clock.sleep(5_000);
  for (const node of ['payments-1', 'payments-2']) world.simulation.apply({ kind: 'start', node });
  await world.clock.sleep(1_000);
  let opened = false;
  const working = (): RecoverDeps => {
    const deps = trusting();
    return {
      ...deps,
      custodians: async (cluster) => {
        if (!opened) {
          opened = true;
          // A person moved the cluster to other certificates, and imported again.
          pinned = pin(2);
          await world.escrow(trusting());
          world.simulation.apply({ kind: 'start', node: 'payments-3' });
        }
        return deps.custodians(cluster);
      },
    };
  };
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ process: working });
  expect(world.sealed()).toEqual([]);
  expect(went.some(({ generation }) => generation === 2)).toBe(true);
  for (const { pins, generation } of went) expect(pins).toEqual([pin(generation ?? 0)]);
  expect(world.rules.broken).toEqual([]);
});
