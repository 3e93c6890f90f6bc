import type { PlanInput } from '../../../shared/recovery/recovery.ts';

/** An input of the plan, and the plan's kind or code; its words are in plans.golden.yaml. */
export interface Scenario {
  title: string;
  input: PlanInput;
  /** `act`, `wait`, `needs-approval`, an outcome of `nothing`, or a refusal's code. */
  plan: string;
}
