/** A rebind is approved for the trust that was shown, not for whatever fleet.yaml's references say later. */
import { expect, it } from 'vitest';
import type { TrustBinding } from '../../../shared/escrow/generation.ts';
import { readGeneration } from '../../../shared/escrow/read.ts';
import { bindingOf } from '../../../shared/escrow/trust.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { approveRecovery } from './approving.ts';
import { ada, alan, grace, RecoveryUnderTest } from './recovery-under-test.ts';

it('approvals for one CA bind nothing to another that took its place in the file', async () => {
  const [shown, other] = await Promise.all([createAuthority('Shown CA'), createAuthority('Other CA')]);
  const world = new RecoveryUnderTest({ policy: 'manual', recovery: ['approvals: 2'] });
  /** The content of the file behind tls.ca: fleet.yaml itself stays as it is. */
  let ca: string | undefined;
  const binding: RecoverDeps['binding'] = async ({ nodes, recovery, unknownSealCause }) => {
    const { policy, approvals } = recovery;
    const addresses = nodes.map(({ address }) => address);
    return bindingOf({ addresses, ca, pins: [], recovery: { policy, approvals, unknownSealCause } });
  };
  const process = () => world.process({ binding });
  const trust = (revision: number): TrustBinding | undefined => {
    const read = readGeneration(world.state.blobs.get(`payments/0001.000${revision}.json`) ?? Buffer.of());
    return read.ok ? read.generation.trust : undefined;
  };
  await world.escrow(process());
  ca = shown.certPem;
  const asked = await requestRecovery(process(), 'payments', {
    kind: 'rebind',
    way: 'manual',
    by: ada.id,
    byName: ada.name,
    reason: 'new CA',
    dryRun: false,
    lost: [],
  });
  const id = asked.ok ? asked.value.id : '';
  await world.settle({ process });
  const open = () => world.recoveries().at(-1);
  const before = open()?.needs?.binding?.trust;
  expect(before).toMatch(/^[0-9a-f]{64}$/);
  await approveRecovery(process(), id, grace);
  ca = other.certPem;
  await approveRecovery(process(), id, alan);
  await world.settle({ process });
  expect(trust(2)).toBeUndefined();
  expect(open()).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
  expect(open()?.needs?.binding?.trust).not.toBe(before);
  // Back to what both approved: their words stand for exactly that.
  ca = shown.certPem;
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ process });
  expect(open()?.ended?.outcome).toBe('recovered');
  expect(trust(2)?.ca).toHaveLength(1);
  const bound = await binding(world.cluster);
  expect(bound.ok && bound.binding).toEqual(trust(2));
});
