/** What a recovery meets is told as what it is, and not only by tomorrow's upkeep. */
import { expect, it } from 'vitest';
import { errorOf } from '../../escrow/build.ts';
import { RecoveryUnderTest } from './recovery-under-test.ts';

it('a trust that changed is a trouble of its own', async () => {
  const world = await new RecoveryUnderTest().ready();
  world.yaml = world.yaml.replace('    escrow:', '    tls: {serverName: vault.example.com}\n    escrow:');
  await world.restart();
  await world.nudge();
  expect(world.sent).toEqual([]);
  expect(world.recoveries()[0]).toMatchObject({
    ended: { outcome: 'refused' },
    troubles: [{ code: 'trust', where: 'payments', message: expect.stringContaining('tls.serverName') }],
  });
});

it('an envelope that was tampered with is none of a custodian who is away', async () => {
  const world = await new RecoveryUnderTest().ready();
  for (const custodian of world.custodians.values()) {
    custodian.failing = (call) => (call === 'unwrap' ? errorOf('refused') : undefined);
  }
  await world.restart();
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ most: 60 });
  const codes = world.recoveries()[0]?.troubles.map(({ code }) => code);
  expect(new Set(codes)).toEqual(new Set(['envelope']));
});
