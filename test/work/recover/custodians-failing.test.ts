import { describe, expect, it } from 'vitest';
import type { CustodianErrorCode } from '../../../shared/escrow/custodian.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { errorOf } from '../../escrow/build.ts';
import { approveRecovery } from './approving.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

interface Failing {
  code: CustodianErrorCode;
  retryAfterMs?: number;
  /** Until this time, ms after the recovery began; default: for good. */
  forMs?: number;
  only?: string;
}

/** Three nodes restarted, and what custodians answer meanwhile. */
async function failing({ code, retryAfterMs, forMs = Number.POSITIVE_INFINITY, only }: Failing) {
  const world = await new RecoveryUnderTest().ready();
  await world.restart();
  const startedAt = world.clock.now();
  for (const [name, custodian] of world.custodians) {
    custodian.failing = () => {
      if ((only !== undefined && name !== only) || world.clock.now() - startedAt >= forMs) return undefined;
      // It hangs until the call's time is over.
      if (code === 'timeout') world.clock.time += 10_000;
      return errorOf(code, {
        message: `${name} is ${code}`,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      });
    };
  }
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ most: 100 });
  return world;
}

const codes: CustodianErrorCode[] = [
  'denied',
  'throttled',
  'unavailable',
  'timeout',
  'key-disabled',
  'key-deleted',
  'key-expired',
];

describe.each(codes)('custodians that answer %s', (code) => {
  it('for good: no share is sent, each is named, and the attempt fails in the end', async () => {
    const world = await failing({ code });
    const [recovery] = world.recoveries();
    expect(world.sent).toEqual([]);
    expect(recovery?.ended?.outcome).toBe('failed');
    expect(recovery?.ended?.summary).toMatch(new RegExp(`of 3 shares could be opened: .*is ${code}`));
    const named = new Set(recovery?.troubles.map((trouble) => `${trouble.code} ${trouble.where}`));
    expect(named.size).toBeGreaterThanOrEqual(2);
    expect([...named].every((one) => /^custodian [abc]$/.test(one))).toBe(true);
    const keys = [...world.custodians.values()].flatMap(({ given }) => given);
    expect(keys.every((key) => key.every((byte) => byte === 0))).toBe(true);
  });

  it('for two minutes: the cluster is brought back as soon as they answer', async () => {
    const world = await failing({ code, forMs: 120_000 });
    expect(world.sealed()).toEqual([]);
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'recovered' } }]);
    expect(world.rules.broken).toEqual([]);
  });

  it('one of three for good: the others have a threshold, and its trouble is told', async () => {
    const world = await failing({ code, only: 'a' });
    expect(world.sealed()).toEqual([]);
    const [recovery] = world.recoveries();
    expect(recovery?.troubles).toMatchObject([{ code: 'custodian', where: 'a', message: `a is ${code}` }]);
    for (const { share } of world.sent) expect([1, 3, 4, 5]).toContain(share);
  });
});

describe('a custodian that is throttled', () => {
  it('is asked again after exactly the time that it said, in the same pass', async () => {
    const world = await failing({ code: 'throttled', retryAfterMs: 7_000, forMs: 7_000 });
    expect(world.clock.slept).toContain(7_000);
    expect(world.recoveries()).toMatchObject([{ passes: 1, ended: { outcome: 'recovered' } }]);
  });

  it('is left for a later pass when it asks for more patience than a pass has', async () => {
    const world = await failing({ code: 'throttled', retryAfterMs: 45_000, forMs: 20_000 });
    expect(world.clock.slept).not.toContain(45_000);
    expect(world.recoveries()).toMatchObject([{ passes: 2, ended: { outcome: 'recovered' } }]);
  });
});

describe('attempts that fail', () => {
  it('stop automation, page once, and bind no people', async () => {
    const world = await new RecoveryUnderTest({ recovery: ['attempts: 2', 'attemptWindow: 1d'] }).ready();
    await world.restart();
    for (const custodian of world.custodians.values()) custodian.failing = () => errorOf('denied');
    for (let minutes = 0; minutes < 5; minutes += 1) {
      await world.state.nudges.send('steps', 'payments', 0);
      await world.settle({ most: 100 });
    }
    const outcomes = world.recoveries().map(({ ended }) => ended?.outcome);
    expect(outcomes).toEqual(['failed', 'failed', 'refused']);
    expect(world.recoveries()[2]?.ended?.summary).toMatch(/2 of 2 automatic attempts failed of late/);
    for (const custodian of world.custodians.values()) custodian.failing = () => undefined;
    await world.nudge();
    expect(world.sent).toEqual([]);
    const asked = await requestRecovery(world.process(), 'payments', {
      kind: 'unseal',
      way: 'manual',
      by: ada.id,
      byName: ada.name,
      reason: 'Key Vault is back',
      dryRun: false,
      lost: [],
    });
    await world.settle();
    await approveRecovery(world.process(), asked.ok ? asked.value.id : '', grace);
    await world.settle();
    expect(world.sealed()).toEqual([]);
  });
});

describe('a node that restarts again and again', () => {
  it('is unsealed as often as the policy says, and then a person is needed', async () => {
    const world = await new RecoveryUnderTest({ recovery: ['nodeUnseals: 2'] }).ready();
    for (let times = 0; times < 2; times += 1) {
      await world.restart('payments-2');
      await world.nudge();
      expect(world.sealed()).toEqual([]);
    }
    const { length } = world.sent;
    await world.restart('payments-2');
    await world.nudge();
    await world.nudge();
    expect(world.sent).toHaveLength(length);
    expect(world.recoveries()).toHaveLength(3);
    expect(world.recoveries()[2]?.ended?.summary).toMatch(/payments-2 was unsealed automatically 2 times/);
  });
});
