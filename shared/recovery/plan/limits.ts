/** How long a plan waits, and how often it looks. All in ms. */

/** A node that took its last share unseals, or joins and unseals, by itself within seconds (VAULT-FACTS). */
export const joinerMs = 60_000;
/** Elections took up to 13 s on real servers; a large snapshot to replay takes longer. */
export const leaderMs = 120_000;
/** A machine that reboots is back within minutes; later a person has to look. */
export const restartMs = 15 * 60_000;
export const storageMs = 15 * 60_000;
/** A standby notices the active node with the next heartbeat, 5 s apart. */
export const verifyMs = 15_000;
/** After a node refused shares or somebody spoiled a set, before the next set. */
export const retryMs = 30_000;
/** Sets of shares that one recovery begins at one node. */
export const mostSets = 3;
/** …where the last one was cut short by the end of our own process: the node has refused nothing (rule 10). */
export const mostBegun = 9;

/** Something that is about to happen: looked at again inside the pass. */
export const soonMs = 500;
/** Something that depends on machines or people: a nudge later. */
export const laterMs = 10_000;
