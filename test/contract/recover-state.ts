/** What every RecoverState does. Run against the memory fake (test/state) and against Azurite (test/live). */
import { describe } from 'vitest';
import { recoverStateOfEscrow } from './recover-state-escrow.ts';
import { recoverStateLimits } from './recover-state-limits.ts';
import { recoverStateOfPeople } from './recover-state-people.ts';
import { recoverStateOfRecoveries } from './recover-state-recoveries.ts';
import type { RecoverStateUnderTest } from './recover-state-under-test.ts';

export function recoverStateContract(open: () => Promise<RecoverStateUnderTest>): void {
  describe('recoveries', () => recoverStateOfRecoveries(open));
  describe('people', () => recoverStateOfPeople(open));
  describe('escrow', () => recoverStateOfEscrow(open));
  describe('limits', () => recoverStateLimits(open));
}
