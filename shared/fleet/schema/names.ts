/**
 * Names become table keys, queue messages and parts of URLs: few characters, no surprises. None may be JSON:
 * the Functions library parses queue messages, and a cluster named `1e3` would arrive as the number 1000.
 */
export const namePattern = /^(?!(?:true|false|null)$)[a-z][a-z0-9-]{0,62}$/;
export const nameRule =
  'a name has 1 to 63 lower-case letters, digits and dashes, begins with a letter, and is not true, false or null';

/** State of the fleet as a whole lives in a partition of this name. */
export const reservedName = 'fleet';
