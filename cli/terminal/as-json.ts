/** JSON that a terminal may be shown: what is not ASCII, controls and bidirectional marks included, is escaped. */
export function asJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
