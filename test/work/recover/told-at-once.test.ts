/** What a recovery meets is told as what it is, and not only by tomorrow's upkeep. */
import { expect, it } from 'vitest';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { errorOf } from '../../escrow/build.ts';
import { Stopper } from '../../fakes/state/stopping.ts';
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

it('a set of somebody else that is reset is told, with how much was lost', async () => {
  const world = await new RecoveryUnderTest({ recovery: ['foreignProgress: {then: reset}'] }).ready();
  await world.restart('payments-2');
  world.stranger('payments-2');
  await world.timePasses();
  expect(world.recoveries()[0]).toMatchObject({
    ended: { outcome: 'recovered' },
    troubles: [
      {
        code: 'foreign-progress',
        where: 'payments-2',
        message: expect.stringMatching(/^payments-2 held 1 of 3 shares of somebody else/) as string,
      },
    ],
  });
  expect(world.state.audited.find(({ what }) => what === 'step')?.facts).toMatchObject({ reset: true });
});

it.each([1, 2])('our own set, cut off after share %i and begun anew, is no trouble', async (shares) => {
  const dying = async (stopper: Stopper) => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-2');
    await world.state.nudges.send('steps', 'payments', 0);
    await world.settleUntilKilled(stopper);
    return world;
  };
  const whole = new Stopper();
  await dying(whole);
  const at = whole.effects.flatMap((name, n) => (name === 'unseal payments-2' ? [n + 1] : []))[shares - 1];
  const world = await dying(new Stopper(at, 'after'));
  expect(world.sealed()).toEqual(['payments-2']);
  await world.timePasses();
  expect(world.sealed()).toEqual([]);
  expect(world.recoveries().flatMap(({ troubles }) => troubles)).toEqual([]);
});

it('what it waits for stays told while it unseals a node that came back', async () => {
  const world = await new RecoveryUnderTest().ready();
  for (const node of world.names) world.simulation.apply({ kind: 'kill', node });
  await world.clock.sleep(60_000);
  world.simulation.apply({ kind: 'start', node: 'payments-1' });
  await runPass(world.process(), 'payments');
  const told = world.recoveries()[0]?.waiting?.what;
  expect(told).toContain('must come back');
  world.simulation.apply({ kind: 'start', node: 'payments-2' });
  const meanwhile: unknown[] = [];
  world.onUnseal = () => void meanwhile.push(world.recoveries()[0]?.waiting?.what);
  await runPass(world.process(), 'payments');
  expect(new Set(meanwhile)).toEqual(new Set([told]));
});
