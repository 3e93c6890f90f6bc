/** When a server's process started, as its metrics tell. Of no room: watch and recover go by the same tolerance. */

/**
 * Two start times closer than this are of one process, ms. Servers compute theirs from the kernel's boot time, which
 * moves a little when the machine's clock is set.
 */
export const sameStartMs = 2_000;
