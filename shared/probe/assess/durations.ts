/** Go durations, as autopilot prints them. */

const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds of a Go duration ("2.3s", "24h0m0s", "21.507353ms"), or undefined when the text is none.
 * Source: Go's time.ParseDuration; Vault prints autopilot's `last_contact` and thresholds with Duration.String.
 */
export function goDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
  const negative = text.startsWith('-');
  part.lastIndex = negative || text.startsWith('+') ? 1 : 0;
  if (part.lastIndex === text.length) return undefined;
  let sum = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (!found) return undefined;
    sum += Number(found[1]) * (unitMs[found[2] ?? ''] ?? Number.NaN);
  }
  return negative ? -sum : sum;
}
