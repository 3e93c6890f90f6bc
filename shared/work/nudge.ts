/** A nudge names a cluster and carries nothing else. */
const clusterName = /^[a-z][a-z0-9-]{0,62}$/;

/** The cluster that a queue message names; undefined for anything else, however it came here. */
export function clusterOfNudge(message: unknown): string | undefined {
  return typeof message === 'string' && clusterName.test(message) ? message : undefined;
}
