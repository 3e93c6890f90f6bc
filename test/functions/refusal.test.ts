import { expect, it } from 'vitest';
import { failed, refusal } from '../../functions/refusal.ts';
import { StateError } from '../../shared/state/errors.ts';
import { unreadable } from '../../shared/state/kind.ts';

it('a row of a newer version is named to who asked, with the fix', () => {
  const keys = { partitionKey: 'payments', rowKey: 'active' };
  const why = 'written by a newer Sealwatch (v2): upgrade this app';
  expect(refusal(failed(unreadable('recoveries', keys, why)))).toEqual({
    status: 409,
    jsonBody: { error: 'conflict', message: expect.stringContaining(why) as string },
  });
});

it.each([
  new StateError('unavailable', 'table recoveries: ECONNREFUSED 10.0.0.1'),
  new Error('of somebody else'),
])('any other failure is for the log alone: %s', (error) => {
  const { status, jsonBody } = refusal(failed(error));
  expect(status).toBe(503);
  expect(JSON.stringify(jsonBody)).not.toContain(error.message);
});
