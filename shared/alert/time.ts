/** How messages say when and how long: UTC and plain units, so that nobody converts time zones at 3 a.m. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A length of time with at most two units: "40 s", "3 min", "4 h 5 min", "2 d 3 h". Negative counts as 0. */
export function duration(ms: number): string {
  if (ms < minute) return `${Math.max(0, Math.floor(ms / second))} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) return twoUnits(ms, hour, 'h', minute, 'min');
  return twoUnits(ms, day, 'd', hour, 'h');
}

function twoUnits(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  const whole = `${Math.floor(ms / big)} ${bigName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}

/** A time as read at `reference`: "02:14 UTC" on the same UTC day, else with the date. Both in ms. */
export function clockTime(at: number, reference: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T');
  const sameDay = new Date(reference).toISOString().startsWith(date);
  return sameDay ? `${time.slice(0, 5)} UTC` : `${date} ${time.slice(0, 5)} UTC`;
}

/** "since 02:14 UTC (3 min)": absolute, and the age at message time. Both in ms. */
export function sinceText(since: number, now: number): string {
  return `since ${clockTime(since, now)} (${duration(now - since)})`;
}
