/** The log: one JSON line a record, for people who grep and for Application Insights. */
import type { Clock } from '../clock.ts';
import { loggable } from './fields.ts';
import type { Redactor } from './redactor.ts';

export type Level = 'info' | 'warn' | 'error';

export type Fields = Record<string, unknown>;

export interface Log {
  /** @param event what happened, in a few fixed words: `sweep-finished`. What varies goes into the fields. */
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

const levels: Level[] = ['info', 'warn', 'error'];

export interface LogOptions {
  /** Takes one line, without its newline. */
  write: (line: string) => void;
  clock: Pick<Clock, 'now'>;
  /** The least that is written. */
  level?: Level;
  secrets?: Redactor;
}

/**
 * Fields whose name says secret are dropped, registered secrets are replaced in every value and name, errors are
 * cut to name, code and message. Never throws for what it is given.
 */
export function createLog({ write, clock, level = 'info', secrets }: LogOptions): Log {
  const text = (value: string) => secrets?.redact(value) ?? value;
  const record =
    (of: Level) =>
    (event: string, fields: Fields = {}): void => {
      if (levels.indexOf(of) < levels.indexOf(level)) return;
      const head = { at: new Date(clock.now()).toISOString(), level: of, event: text(event) };
      // Twice: once for the order, once because no field may pose as another record.
      write(JSON.stringify({ ...head, ...safely(fields, text), ...head }));
    };
  return { info: record('info'), warn: record('warn'), error: record('error') };
}

function safely(fields: Fields, text: (value: string) => string): object {
  try {
    return loggable(fields, text) as object;
  } catch (error) {
    // A getter or toJSON of what was to be logged: nothing of it may be shown, and the record must not be lost.
    return { unloggable: error instanceof Error ? error.name : 'fields' };
  }
}
