/** What a queue message calls a batch. */

export interface BatchName {
  sweep: string;
  number: number;
}

/** What a message on queue `probe` says: it names a batch and carries nothing else. No cluster's name has a dot. */
export function batchName({ sweep, number }: BatchName): string {
  return `batch.${sweep}.${number}`;
}

/** Undefined for anything else, however it came here. */
export function batchOfNudge(message: unknown): BatchName | undefined {
  const [, sweep, number] =
    typeof message === 'string' ? (/^batch\.([0-9a-z-]{1,64})\.(\d{1,5})$/.exec(message) ?? []) : [];
  return sweep === undefined || number === undefined ? undefined : { sweep, number: Number(number) };
}
