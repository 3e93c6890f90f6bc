import { text } from './text.ts';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(\d{1,9})(ms|s|m|h|d)$/;

/** "30s", "5m", "12h", "30d" or "500ms" in ms; undefined for anything else. */
export function parseDuration(value: string): number | undefined {
  const [, count, unit] = pattern.exec(value) ?? [];
  return count === undefined || unit === undefined
    ? undefined
    : Number(count) * units[unit as keyof typeof units];
}

/** A duration between two others, in ms after parsing. */
export function duration(description: string, least: string, most: string) {
  const otherwise = `must be a duration from ${least} to ${most}, written like 500ms, 30s, 5m, 12h or 30d`;
  const from = parseDuration(least) ?? 0;
  const to = parseDuration(most) ?? 0;
  const check = (value: string) => {
    const ms = parseDuration(value);
    return ms === undefined || ms < from || ms > to ? otherwise : undefined;
  };
  const json = { description: `${description} ${least} to ${most}.`, pattern: pattern.source };
  return text(json, check, otherwise).transform((value) => parseDuration(value) ?? 0);
}
