import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { readHiddenLines } from '../../../cli/terminal/hidden-lines.ts';

/** A terminal's input: bytes as they are typed, and whether the terminal echoes them. */
function terminal() {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), { setRawMode: (raw: boolean) => modes.push(raw) });
  let shown = '';
  const read = (prompts: string[]) => readHiddenLines(input, (text) => (shown += text), prompts);
  return { input, modes, read, shown: () => shown };
}

it('gives each line as bytes, shows the prompts alone, and hands the terminal back', async () => {
  const { input, modes, read, shown } = terminal();
  const lines = read(['one: ', 'two: ']);
  expect(modes).toEqual([true]);
  input.write('abc\r');
  input.write('def\n');
  expect((await lines)?.map(String)).toEqual(['abc', 'def']);
  expect(modes).toEqual([true, false]);
  expect(shown()).toBe('one: \ntwo: \n');
  expect(input.isPaused()).toBe(true);
});

it.each([
  ['lines pasted at once, with both line ends', 'abc\r\ndef\r\n', ['abc', 'def']],
  ['a line in several pieces, one of them corrected', 'abx\x7fc\rdex\b\bef\r', ['abc', 'def']],
  ['a line that was erased', 'wrong\x15abc\rdef\r', ['abc', 'def']],
  ['empty lines between', '\r\nabc\r\r\ndef\r', ['abc', 'def']],
])('takes %s', async (_, typed, wanted) => {
  const { input, read } = terminal();
  const lines = read(['one: ', 'two: ']);
  for (const byte of Buffer.from(typed)) input.write(Buffer.from([byte]));
  expect((await lines)?.map(String)).toEqual(wanted);
});

it.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
])('%s stops it, and the terminal echoes again', async (_, key) => {
  const { input, modes, read } = terminal();
  const lines = read(['one: ', 'two: ']);
  input.write(`abc\rde${key}f\r`);
  expect(await lines).toBeUndefined();
  expect(modes).toEqual([true, false]);
});

it('an input that ends stops it', async () => {
  const { input, read } = terminal();
  const lines = read(['one: ']);
  input.end('abc');
  expect(await lines).toBeUndefined();
});

it('zeroes what came in', async () => {
  const { input, read } = terminal();
  const typed = Buffer.from('abc\r');
  const lines = read(['one: ']);
  input.write(typed);
  await lines;
  expect([...typed]).toEqual([0, 0, 0, 0]);
});

it('a line that never ends is cut, not kept without bound', async () => {
  const { input, read } = terminal();
  const lines = read(['one: ']);
  input.write('x'.repeat(20_000));
  input.write('\r');
  expect((await lines)?.[0]?.length).toBe(16 * 1024);
});

it('no prompts take no input', async () => {
  const { modes, read } = terminal();
  expect(await read([])).toEqual([]);
  expect(modes).toEqual([]);
});
