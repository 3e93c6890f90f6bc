/** Codes of the fleet itself. */
import type { CodeEntry } from './entry.ts';

export const ofFleet = {
  'fleet-config-invalid': {
    severity: 'warning',
    title: 'fleet.yaml is invalid',
    meaning: 'The last good configuration stays in force; what was meant to change is not watched.',
    advice: 'Mend the lines named here; the next sweep picks the file up.',
  },
  'sweep-gap': {
    severity: 'warning',
    title: 'not watched',
    meaning: 'Nobody watched: what happened in that time was not seen when it happened.',
    advice:
      'Look at the function app: restarts, deployments, a timer that stopped, a sweep over its deadline.',
  },
  'alert-undeliverable': {
    severity: 'warning',
    title: 'alerts cannot be delivered',
    meaning: 'Messages for this channel are kept, and sent to its fallback if it has one.',
    advice: 'Check the webhook: was it deleted or renamed, or does the receiver refuse?',
  },
  'rotation-left-open': {
    severity: 'warning',
    title: 'rotation left open',
    meaning:
      'Nobody works on it: what it made may live on, known to nobody, and its locks stop other rotations.',
    advice: 'Put the cluster back into fleet.yaml until the rotation has ended, or is rolled back.',
    story: true,
    over: 'no rotation is left open any more',
  },
} as const satisfies Record<string, CodeEntry>;
