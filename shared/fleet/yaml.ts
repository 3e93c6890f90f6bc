/** YAML text → plain values, and where each of them stands. */

import type { Document } from 'yaml';
import { LineCounter, parseDocument } from 'yaml';
import type { Places } from './places.ts';
import { createPlaces } from './places.ts';
import type { Problem } from './problem.ts';
import { syntaxMessage } from './yaml-errors.ts';
import { readNodes } from './yaml-nodes.ts';

export const mostBytes = 4 * 1024 * 1024;

export type Read =
  | { read: true; value: unknown; places: Places; problems: Problem[] }
  | { read: false; problems: Problem[] };

/**
 * Reads YAML 1.2 (core schema, no tags of its own). Syntax errors end it: what follows them would be guesswork.
 * Keys set twice, bad keys and bad aliases are reported, and the rest is read.
 */
export function readYaml(text: string): Read {
  const whole = (message: string): Read => ({
    read: false,
    problems: [{ line: 0, column: 0, path: '', message }],
  });
  if (Buffer.byteLength(text) > mostBytes) return whole('the file is larger than 4 MiB: split the fleet');
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      resolveKnownTags: false,
      merge: false,
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: false,
      keepSourceTokens: false,
      lineCounter: lines,
      // Not 'silent': that also hides a second document.
      logLevel: 'error',
    });
  } catch (error) {
    // The composer is recursive: absurdly nested text exhausts the stack.
    return whole(
      `the file cannot be read as YAML (${error instanceof RangeError ? 'nested too deeply' : 'unknown error'})`,
    );
  }
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0)
    return {
      read: false,
      problems: wrong.map((error) => ({
        ...place(error.pos[0]),
        path: '',
        message: syntaxMessage(error.code),
      })),
    };
  if (document.contents === null) return whole('the file is empty');
  const { value, problems, targets } = readNodes(document.contents, place);
  return { read: true, value, problems, places: createPlaces(document.contents, targets, place) };
}
