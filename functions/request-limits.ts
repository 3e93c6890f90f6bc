/** How large a request, and what is in it, may be. Larger ones are refused before anything is looked up. */
import { z } from 'zod';
import { namePattern } from '../shared/fleet/schema/names.ts';

/** What people send is a reason and a few names: the largest (100 lost nodes) is below. */
export const largestBodyBytes = 16 * 1024;

/** `CLUSTER.RANDOM`, of recoveries and rotations: no separator of a path, a table key or a blob's name is in it. */
const id = /^[a-z][a-z0-9-]{0,62}\.[0-9a-z]{1,40}$/;
const shapes: Record<string, { shape: RegExp; none: string }> = {
  cluster: {
    shape: namePattern,
    none: 'there is no such cluster: names are lower case letters, digits and -',
  },
  id: { shape: id, none: 'there is no such id: it is CLUSTER.LETTERS, as it was answered to the request' },
};

/** A cluster's name in a body. */
export const ClusterName = z.string().regex(namePattern, 'that is no name of a cluster');

/** A node's in a body: as in fleet.yaml, or the host of its address, perhaps with the port. */
export const NodeName = z.string().regex(/^[\w[][\w.:[\]-]{0,127}$/, 'that is no name of a node');

/** What is wrong with a path's parameters, without repeating them; undefined: nothing. One that nobody listed is refused. */
export function paramsProblem(params: Record<string, string>): string | undefined {
  for (const [name, value] of Object.entries(params)) {
    const rule = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (!rule?.shape.test(value)) return rule?.none ?? 'nothing is served at this path';
  }
  return undefined;
}
