import { expect, it } from 'vitest';
import { readArguments } from '../../demo/arguments.ts';

const none = { check: false, simulated: false, help: false };

it.each([
  [[], none],
  [['--check'], { ...none, check: true }],
  [['--sim', '--check'], { check: true, simulated: true, help: false }],
  [['-h'], { ...none, help: true }],
])('reads %j', (words, read) => {
  expect(readArguments(words)).toEqual(read);
});

it.each([[['--chekc']], [['--sim', 'toString']], [['check', '--check']]])('refuses %j by name', (words) => {
  const unknown = words.find((word) => !['--sim', '--check'].includes(word));
  expect(readArguments(words)).toEqual({ wrong: expect.stringContaining(`does not know ${unknown}:`) });
});
