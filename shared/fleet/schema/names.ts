/** Names become table keys, queue messages and parts of URLs: few characters, no surprises. */
export const namePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const nameRule =
  'a name has 1 to 63 lower-case letters, digits and dashes, and begins with a letter or digit';

/** State of the fleet as a whole lives in a partition of this name. */
export const reservedName = 'fleet';
