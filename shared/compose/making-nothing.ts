import type { Kind } from '../rotation/rotation.ts';

/** For what fleet.yaml does not ask for (any more): an open rotation is taken back with it, and nothing new is made. */
export function makingNothing(kind: Kind, field: string): Kind {
  return {
    ...kind,
    create: async () => ({
      ok: false,
      code: 'not-configured',
      detail: `${field} is not in fleet.yaml: nothing is made`,
      nothingMade: true,
    }),
  };
}
