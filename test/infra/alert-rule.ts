/** The parts that every rule of infra/ has alike. */
import type { Plain } from './bicep/plain.ts';

/** A rule of Azure Monitor that is on, looks at one workspace, and calls people at each finding. */
export const alertRule = (threshold: Plain, own: { [name: string]: Plain }): Plain => ({
  description: '=rule.description',
  severity: '=rule.severity',
  enabled: true,
  skipQueryValidation: true,
  scopes: ['=workspaceId'],
  criteria: {
    allOf: [
      {
        query: '=rule.query',
        timeAggregation: 'Count',
        operator: 'GreaterThan',
        threshold,
        failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
      },
    ],
  },
  ...own,
});
