import { afterEach, expect, it, vi } from 'vitest';
import { readUnseal } from '../../shared/vault/read/unseal-answer.ts';

afterEach(() => void vi.restoreAllMocks());

it('an answer in several chunks leaves no copy of what it echoed', () => {
  const concat = vi.spyOn(Buffer, 'concat');
  const chunks = [Buffer.from('{"errors":["you sent '), Buffer.from('U0hBUkUtT0YtVEhFLUNMVVNURVI="]}')];
  readUnseal({ status: 400, location: undefined, connection: undefined, chunks });
  const copies = concat.mock.results.map(({ value }) => value as Buffer);
  expect(copies.length).toBeGreaterThan(0);
  for (const bytes of [...chunks, ...copies]) expect(bytes.every((byte) => byte === 0)).toBe(true);
});
