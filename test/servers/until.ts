import { setTimeout as sleep } from 'node:timers/promises';

/** Asks every 100 ms until `look` gives a value; throws what was awaited, and the last thing seen, at the deadline. */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined>,
  seen: () => string = () => '',
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}. ${seen()}`.trim());
    await sleep(100);
  }
}
