/** From when on it is told that a rotation waits for too long. */
import { expect, it } from 'vitest';
import { overdueAt } from '../../../shared/rotation/plan/wait.ts';
import { anInput, anOpen, day, fleet, hour, noon, policed, withoutRotation } from './inputs.ts';

const of = (over: Parameters<typeof anOpen>[1], from = fleet) =>
  overdueAt(anInput('transit-token', { fleet: from, rotation: anOpen('transit-token', over) }));

it('is counted from the stage that was reached last', () => {
  const requested = { requestedAt: noon - 3 * day, reached: { due: noon - 3 * day } };
  expect(of(requested)).toBe(noon + 4 * day);
  expect(of({ ...requested, reached: { due: noon - 3 * day, created: noon - hour } })).toBe(
    noon - hour + 7 * day,
  );
});

it('begins anew when a rollback has put the old one back', () => {
  expect(of({ restoredAt: noon })).toBe(noon + 7 * day);
});

it('does not count the grace time', () => {
  expect(of({ inUseAt: noon })).toBe(noon + day + 7 * day);
});

it('is what fleet.yaml says, and a week where it says nothing any more', () => {
  const open = { requestedAt: noon, reached: { due: noon } };
  expect(of(open, policed('payments', { overdueMs: hour }))).toBe(noon + hour);
  expect(of(open, withoutRotation('payments'))).toBe(noon + 7 * day);
});

it('is from now on where none is open', () => {
  expect(overdueAt(anInput('transit-token', {}))).toBe(noon + 7 * day);
});
