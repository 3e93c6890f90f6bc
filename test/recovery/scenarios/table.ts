import { approvals } from './approvals.ts';
import { cause } from './cause.ts';
import { progress } from './progress.ts';
import { refusals } from './refusals.ts';
import type { Scenario } from './scenario.ts';
import { serving } from './serving.ts';

export const scenarios: Scenario[] = [...serving, ...cause, ...approvals, ...refusals, ...progress];
