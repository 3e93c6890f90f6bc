/** What an unsealing met, as the recovery's row keeps it for people. */
import { progressOf } from '../../recovery/plan/progress.ts';
import type { NodeSight, Recovery, Step, Trouble } from '../../recovery/recovery.ts';
import type { UnsealResult } from '../../recovery/unseal.ts';

type UnsealStep = Extract<Step, { kind: 'unseal-node' }>;

/** What somebody else left unfinished is about to be forgotten: whoever it is finds that on record. */
export function foreignSets(
  recovery: Recovery,
  sights: NodeSight[],
  steps: UnsealStep[],
  at: number,
): Trouble[] {
  return sights.flatMap(({ state, ...sight }): Trouble[] => {
    const { node } = sight;
    if (state.kind !== 'sealed' || !steps.some((step) => step.node === node && step.reset)) return [];
    if (progressOf({ recovery }, { ...sight, state }) !== 'foreign') return [];
    const { progress, t } = state.seal;
    const message = `${node} held ${progress} of ${t} shares of somebody else, unfinished for long: they are reset, as foreignProgress of fleet.yaml says`;
    return [{ at, code: 'foreign-progress', where: node, message }];
  });
}

export function troubleOf({ node, result }: UnsealResult, at: number): Trouble[] {
  switch (result.kind) {
    case 'interference':
      return [
        {
          at,
          code: 'unseal-interference',
          where: node,
          message: `${node} answered what our shares alone cannot explain: somebody else sends shares, or something stands in front of it`,
        },
      ];
    case 'wrong-generation':
      return [
        {
          at,
          code: 'wrong-generation',
          where: node,
          message: `${node} took the whole set and refused it: these shares are not of its current key`,
        },
      ];
    case 'failed':
      return [
        { at, code: 'node-failed', where: node, message: `${node} did not take a share: ${result.code}` },
      ];
    default:
      return [];
  }
}
