import { expect, it } from 'vitest';
import { readProcessStart } from '../../shared/vault/read/process-start.ts';

const read = (value: string) =>
  readProcessStart({
    status: 200,
    location: undefined,
    connection: undefined,
    chunks: [Buffer.from(`process_start_time_seconds ${value}\n`)],
  });

it.each([
  ['1.79530856e+09', 1_795_308_560_000],
  ['253402300799', 253_402_300_799_000],
])('a process that began at %s s is read', (value, body) => {
  expect(read(value)).toEqual({ body });
});

it.each(['0', '-5', 'NaN', '+Inf', '253402300800', '8.9e+12', '8.64e+12', 'soon'])(
  'a start of %s s is no time that can be shown as a date',
  (value) => {
    expect(read(value)).toMatchObject({ code: 'not-vault' });
  },
);
