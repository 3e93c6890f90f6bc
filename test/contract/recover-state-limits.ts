/** What every RecoverState refuses, part of ./recover-state.ts: nothing that a real account would not take. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  aBinding,
  aGenerationRow,
  anApproval,
  anAuditEntry,
  aRecovery,
  aStart,
  noon,
} from '../fakes/state/recover-examples.ts';
import type { RecoverStateUnderTest } from './recover-state-under-test.ts';

export function recoverStateLimits(open: () => Promise<RecoverStateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const noise = (kib: number) => randomBytes(kib * 512).toString('hex');
  const trouble = (message: string) => ({
    troubles: [{ at: noon, code: 'envelope', where: 'vault-0', message } as const],
  });

  test('a recovery that is too large is refused by name, and nothing is written', async () => {
    const state = await fresh();
    const huge = aRecovery(trouble(noise(2200)));
    const refusal = {
      code: 'state-too-large',
      recoverable: false,
      message: expect.stringContaining('payments.first'),
    };
    await expect(state.recoveries.open(huge)).rejects.toMatchObject(refusal);
    expect(await state.recoveries.active('payments')).toBeUndefined();
    const opened = await state.recoveries.open(aRecovery());
    const etag = opened.opened ? opened.etag : '';
    await expect(state.recoveries.save({ value: huge, etag })).rejects.toMatchObject(refusal);
    expect(await state.recoveries.active('payments')).toEqual({ value: aRecovery(), etag });
  });

  test('a recovery of many columns comes back whole', async () => {
    const state = await fresh();
    const large = aRecovery(trouble(noise(1500)));
    await state.recoveries.open(large);
    expect((await state.recoveries.active('payments'))?.value).toEqual(large);
  });

  test('what could not be read back is not written, and named', async () => {
    const state = await fresh();
    const until = Number.POSITIVE_INFINITY;
    const endless = aRecovery({ lease: { owner: 'app-1', pass: 1, until } });
    await expect(state.recoveries.open(endless)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/payments\.first.*lease\.until/),
    });
    expect(await state.recoveries.active('payments')).toBeUndefined();
    const row = aGenerationRow({ digest: 'D'.repeat(64) });
    await expect(state.generations.save(row, undefined)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('digest'),
    });
    const notes = [aStart(), aStart({ node: 'vault-1', start: Number.NaN })];
    await expect(state.starts.note(notes)).rejects.toMatchObject({ code: 'refused' });
    expect(await state.starts.of('payments')).toEqual([]);
    const hold = { cluster: 'payments', by: 'a', reason: 'b', until: noon, at: noon };
    await expect(state.holds.set({ ...hold, until })).rejects.toMatchObject({ code: 'refused' });
    await expect(state.holds.set({ ...hold, reason: noise(40) })).rejects.toMatchObject({
      code: 'state-too-large',
    });
    expect(await state.holds.of('payments')).toBeUndefined();
  });

  test.for(['', 'a/b', 'a\\b', 'a#b', 'a?b', 'a\nb', 'a\u0085b', 'x'.repeat(501)])(
    'the key %j is refused for clusters and recoveries',
    async (key) => {
      const state = await fresh();
      const { recoveries, approvals, holds, generations, escrow, starts, audit, nudges } = state;
      const hold = { cluster: key, by: 'a', reason: 'b', until: noon, at: noon };
      const calls: Promise<unknown>[] = [
        recoveries.open(aRecovery({ cluster: key, id: 'x.first' })),
        recoveries.read(key, 'x.first'),
        recoveries.active(key),
        recoveries.list(key, 0),
        approvals.save(anApproval({ binding: aBinding({ cluster: key }) })),
        approvals.of(key, 'x.first'),
        approvals.of('payments', key),
        holds.set(hold),
        holds.end(key),
        holds.of(key),
        generations.newest(key),
        generations.save(aGenerationRow({ cluster: key }), undefined),
        escrow.list(key),
        starts.of(key),
        starts.note([aStart({ cluster: key })]),
        audit.write(anAuditEntry({ cluster: key })),
        nudges.send('steps', key, 0),
        ...(key === '' ? [] : [recoveries.open(aRecovery({ id: key })), recoveries.read('payments', key)]),
      ];
      const results = await Promise.allSettled(calls);
      const codes = results.map((result) => result.status === 'rejected' && result.reason.code);
      expect(codes).toEqual(calls.map(() => 'illegal-key'));
    },
  );

  test.for(['.', '..', '...'])('the folder %j is refused: it would be another place', async (cluster) => {
    const state = await fresh();
    const refusal = { code: 'illegal-key' };
    await expect(state.audit.write(anAuditEntry({ cluster }))).rejects.toMatchObject(refusal);
    await expect(state.escrow.list(cluster)).rejects.toMatchObject(refusal);
    await expect(state.escrow.read(`${cluster}/0001.0001.json`)).rejects.toMatchObject(refusal);
  });
}
