/** A pass keeps its row while custodians take their time, and what they opened is on record whatever comes then. */
import { describe, expect, it } from 'vitest';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { rejectRecovery } from '../../../shared/work/recover/respond.ts';
import { errorOf } from '../../escrow/build.ts';
import { approveRecovery } from './approving.ts';
import { ada, alan, grace, RecoveryUnderTest } from './recovery-under-test.ts';

/** Time that passes calls back who asked for it, and begins a pass each minute, as the app's timer does. */
class Passing {
  readonly running: Promise<void>[] = [];
  readonly #world: RecoveryUnderTest;
  readonly #due = new Set<{ at: number; callback: () => void }>();
  #minute: number;

  constructor(world: RecoveryUnderTest) {
    this.#world = world;
    const { clock } = world;
    this.#minute = Math.floor(clock.now() / 60_000);
    clock.after = (ms?: number, callback?: () => void) => {
      const one = { at: clock.now() + (ms ?? 0), callback: callback ?? (() => undefined) };
      this.#due.add(one);
      return () => void this.#due.delete(one);
    };
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms, signal) => {
      for (let left = ms; left > 0; left -= 1_000) {
        await sleep(Math.min(left, 1_000), signal);
        await this.#tick();
      }
    };
  }

  async #tick(): Promise<void> {
    const { clock } = this.#world;
    for (const one of this.#due) {
      if (one.at > clock.now()) continue;
      this.#due.delete(one);
      one.callback();
    }
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    const minute = Math.floor(clock.now() / 60_000);
    if (minute === this.#minute) return;
    this.#minute = minute;
    await nudgeOverdue(this.#world.process());
    await this.begin();
  }

  /** Each nudge that is there begins a pass of its own. */
  async begin(): Promise<void> {
    const { nudged } = this.#world.state;
    const steps = nudged.filter(({ queue }) => queue === 'steps').length;
    nudged.length = 0;
    for (let n = 0; n < steps; n += 1) this.running.push(runPass(this.#world.process(), 'payments'));
  }

  async ends(): Promise<void> {
    for (let n = 0; n < this.running.length && n < 60; n += 1) await this.running[n];
  }
}

describe('custodians who take longer than a lease', () => {
  it('are waited for by one pass, which then unseals', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart();
    const begun = world.clock.now();
    for (const custodian of world.custodians.values()) {
      const unwrap = custodian.unwrap.bind(custodian);
      custodian.unwrap = async (wrapped) => {
        await world.clock.sleep(9_000);
        if (world.clock.now() - begun > 60_000) return unwrap(wrapped);
        return errorOf('throttled', { recoverable: true, retryAfterMs: 29_000 });
      };
    }
    const passing = new Passing(world);
    await world.state.nudges.send('steps', 'payments', 0);
    await passing.begin();
    await passing.ends();
    expect(world.clock.now() - begun).toBeGreaterThan(60_000);
    expect(world.sealed()).toEqual([]);
    expect(world.recoveries()).toMatchObject([{ passes: 1, ended: { outcome: 'recovered' } }]);
    expect(world.logged.filter((line) => line.includes('recovery-lost'))).toEqual([]);
    expect(world.rules.broken).toEqual([]);
  });

  it('bind a generation anew in one pass', async () => {
    const world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
    world.yaml = world.yaml.replace('    recovery:', '    unknownSealCause: automatic\n    recovery:');
    const asked = {
      kind: 'rebind',
      way: 'manual',
      by: ada.id,
      byName: ada.name,
      reason: 'no metrics',
    } as const;
    const opened = await requestRecovery(world.process(), 'payments', { ...asked, dryRun: false, lost: [] });
    await world.settle();
    const id = opened.ok ? opened.value.id : '';
    for (const person of [grace, alan]) await approveRecovery(world.process(), id, person);
    for (const custodian of world.custodians.values()) {
      const unwrap = custodian.unwrap.bind(custodian);
      custodian.unwrap = async (wrapped) => {
        await world.clock.sleep(9_000);
        return unwrap(wrapped);
      };
    }
    const begun = world.clock.now();
    const passing = new Passing(world);
    world.state.nudged.length = 0;
    await world.state.nudges.send('steps', 'payments', 0);
    await passing.begin();
    await passing.ends();
    expect(world.clock.now() - begun).toBeGreaterThan(60_000);
    const recovery = world.recoveries().find((one) => one.id === id);
    expect(recovery?.ended?.outcome).toBe('recovered');
    expect(world.logged.filter((line) => line.includes('recovery-lost'))).toEqual([]);
  });

  it('are asked nothing more once the row is lost', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart();
    const begun = world.clock.now();
    let rejectedAt: number | undefined;
    for (const custodian of world.custodians.values()) {
      custodian.failing = () => errorOf('throttled', { recoverable: true, retryAfterMs: 29_000 });
    }
    const passing = new Passing(world);
    const sleep = world.clock.sleep.bind(world.clock);
    world.clock.sleep = async (ms, signal) => {
      if (rejectedAt === undefined && world.clock.now() > begun) {
        rejectedAt = world.clock.now();
        await rejectRecovery(world.process(), world.recoveries()[0]?.id ?? '', grace, 'stop');
      }
      await sleep(ms, signal);
    };
    await runPass(world.process(), 'payments');
    expect(rejectedAt).toBeDefined();
    expect(world.clock.now() - (rejectedAt ?? 0)).toBeLessThanOrEqual(30_000);
    expect(passing.running).toEqual([]);
    expect(world.sent).toEqual([]);
    expect(world.logged.some((line) => line.includes('recovery-lost'))).toBe(true);
  });
});

it('a pass whose looks took all its time sends nothing any more, and the next one goes on at once', async () => {
  const world = await new RecoveryUnderTest().ready();
  await world.restart();
  const slow = world.process({
    facts: async () => {
      await world.clock.sleep(151_000);
      return undefined;
    },
  });
  await runPass(slow, 'payments');
  expect([world.sent, world.sealed()]).toEqual([[], world.names]);
  expect(world.state.audited.filter(({ what }) => what === 'step')).toEqual([]);
  const [recovery] = world.recoveries();
  expect(recovery).toMatchObject({ status: 'open' });
  expect(recovery).not.toHaveProperty('lease');
  expect(world.state.nudged.filter(({ queue }) => queue === 'steps')).toEqual([
    { queue: 'steps', cluster: 'payments', delayMs: 0 },
  ]);
  await world.settle();
  expect(world.sealed()).toEqual([]);
});

it('a key that opened is on record, also when the recovery was rejected meanwhile', async () => {
  const world = await new RecoveryUnderTest().ready();
  await world.restart();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => world.custodians.get(name));
  if (!a || !b || !c) throw new Error('no custodian');
  a.failing = (call) => (call === 'unwrap' ? errorOf('denied') : undefined);
  const unwrap = b.unwrap.bind(b);
  let rejected = false;
  b.unwrap = async (wrapped) => {
    const key = await unwrap(wrapped);
    if (!rejected) {
      rejected = true;
      await rejectRecovery(world.process(), world.recoveries()[0]?.id ?? '', grace, 'stop');
    }
    return key;
  };
  const given = () => [a, b, c].reduce((sum, custodian) => sum + custodian.given.length, 0);
  const before = given();
  await world.nudge();
  const [recovery] = world.recoveries();
  expect(recovery?.ended?.outcome).toBe('rejected');
  expect(world.sent).toEqual([]);
  const opened = world.state.audited.filter(
    ({ what, recovery: of }) => what === 'key-opened' && of === recovery?.id,
  );
  expect(given()).toBeGreaterThan(before);
  expect(opened).toHaveLength(given() - before);
});
