/** Rotations by their ids. */

export const nameOne = 'name one rotation';

/** Below /api/. */
export function at(id: string): string {
  return `rotations/${encodeURIComponent(id)}`;
}
