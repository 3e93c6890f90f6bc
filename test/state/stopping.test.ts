import { describe, expect, test } from 'vitest';
import type { RecoverState } from '../../shared/state/recover-ports.ts';
import {
  aGenerationRow,
  anApproval,
  anAuditEntry,
  aRecovery,
  aStart,
  ended,
  noon,
} from '../fakes/state/recover-examples.ts';
import { memoryRecoverState } from '../fakes/state/recover-memory.ts';
import { Stopped, Stopper, stoppingState } from '../fakes/state/stopping.ts';

const hold = { cluster: 'payments', by: 'Alice', reason: 'migration', until: noon, at: noon };

/** Every write that there is, and reads between them. */
const writes: [string, (state: RecoverState) => Promise<unknown>][] = [
  ['recoveries.open', ({ recoveries }) => recoveries.open(aRecovery())],
  ['recoveries.save', async ({ recoveries }) => recoveries.save(await standing(recoveries))],
  [
    'recoveries.end',
    async ({ recoveries }) => {
      const { value, etag } = await standing(recoveries);
      return recoveries.end({ value: ended(value), etag });
    },
  ],
  ['approvals.save', ({ approvals }) => approvals.save(anApproval())],
  ['holds.set', ({ holds }) => holds.set(hold)],
  ['holds.end', ({ holds }) => holds.end('payments')],
  ['generations.save', ({ generations }) => generations.save(aGenerationRow(), undefined)],
  ['escrow.create', ({ escrow }) => escrow.create('payments/0001.0001.json', Buffer.from('x'))],
  ['starts.note', ({ starts }) => starts.note([aStart()])],
  ['audit.write', ({ audit }) => audit.write(anAuditEntry())],
  ['nudges.send', ({ nudges }) => nudges.send('steps', 'payments', 0)],
];

async function standing(recoveries: RecoverState['recoveries']) {
  const active = await recoveries.active('payments');
  if (!active) throw new Error('none is open');
  return active;
}

async function run(state: RecoverState): Promise<unknown> {
  for (const [, write] of writes) await write(state);
  return undefined;
}

/** What is left of a run, as a person would find it. */
async function leftBy(state: ReturnType<typeof memoryRecoverState>): Promise<unknown> {
  const etags = /W\/"\d+"/g;
  const left = [
    state.everyRecovery(),
    (await state.recoveries.allActive()).recoveries,
    await state.approvals.of('payments', 'payments.first'),
    await state.holds.of('payments'),
    await state.generations.all(),
    await state.escrow.list('payments'),
    await state.starts.of('payments'),
    state.audited,
    state.nudged,
  ];
  return JSON.parse(JSON.stringify(left).replaceAll(etags, ''));
}

describe('a process that is killed', () => {
  test('nowhere does all, and its effects are counted', async () => {
    const state = memoryRecoverState();
    const stopper = new Stopper();
    await run(stoppingState(state, stopper));
    expect(stopper.effects).toEqual(writes.map(([name]) => name));
    expect(stopper.stopped).toBe(false);
  });

  test.for(writes.map(([name], index) => [name, index + 1] as const))(
    'before or after %s leaves what came before, and that one only if after it',
    async ([name, at]) => {
      for (const when of ['before', 'after'] as const) {
        const state = memoryRecoverState();
        const stopper = new Stopper(at, when);
        await expect(run(stoppingState(state, stopper))).rejects.toThrow(Stopped);
        expect(stopper.effects.at(-1)).toBe(name);
        const whole = memoryRecoverState();
        for (const [, write] of writes.slice(0, when === 'before' ? at - 1 : at)) await write(whole);
        expect(await leftBy(state)).toEqual(await leftBy(whole));
      }
    },
  );

  test('does nothing more: neither reads nor writes', async () => {
    const memory = memoryRecoverState();
    const state = stoppingState(memory, new Stopper(1, 'after'));
    await expect(state.holds.set(hold)).rejects.toThrow('stopped at effect 1: holds.set was under way');
    await expect(state.holds.of('payments')).rejects.toThrow('stopped at effect 1: holds.of never began');
    await expect(state.holds.end('payments')).rejects.toThrow(Stopped);
    expect(await memory.holds.of('payments')).toBeDefined();
  });

  test('never hears of what was under way, although it happens', async () => {
    const stopper = new Stopper(2);
    const answer = Promise.withResolvers<string>();
    const underWay = stopper.effect('unseal', () => answer.promise);
    await expect(stopper.effect('save', async () => 'saved')).rejects.toThrow(
      'stopped before effect 2, save',
    );
    answer.resolve('unsealed');
    await expect(underWay).rejects.toThrow(Stopped);
  });
});
