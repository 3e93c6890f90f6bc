import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, decodeHex, decodeKey } from '../../shared/escrow/import/decode.ts';
import { scanObject } from '../../shared/escrow/import/scan.ts';

describe('the scanner', () => {
  it('finds the same keys as JSON.parse, in any JSON object', () => {
    const simple = fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\', '/', 'é', '\n'), maxLength: 5 });
    const value = fc.oneof(
      fc.array(simple),
      simple,
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('x', 'keys', 'root_token'), value),
        fc.nat(2),
        (object, indent) => {
          const text = JSON.stringify(object, undefined, indent);
          const found = scanObject(Buffer.from(text));
          expect([...(found?.keys() ?? [])]).toEqual(Object.keys(JSON.parse(text) as object));
        },
      ),
    );
  });

  it('takes the longest number that JSON.stringify writes', () => {
    const text = JSON.stringify({ x: -0.0000015850741945572633 });
    expect([...(scanObject(Buffer.from(text))?.keys() ?? [])]).toEqual(['x']);
  });

  it.each([
    '',
    '[]',
    '{',
    '{}x',
    '{"a":1,}',
    '{"a" 1}',
    '{"a":tru}',
    '{"a":"b}',
    '{"a":1,"a":2}',
    '['.repeat(99),
  ])('takes no %j', (text) => {
    expect(scanObject(Buffer.from(text))).toBeUndefined();
  });

  it('gives up on nesting before the stack does', () => {
    expect(scanObject(Buffer.from(`{"a":${'['.repeat(100_000)}`))).toBeUndefined();
  });
});

describe('the decoders', () => {
  it('agree with Buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const expected = Buffer.from(bytes);
        const text = (value: string) => Buffer.from(value);
        expect(decodeHex(text(expected.toString('hex')))).toEqual(expected);
        expect(decodeHex(text(expected.toString('hex').toUpperCase()))).toEqual(expected);
        expect(decodeBase64(text(expected.toString('base64')))).toEqual(expected);
        expect(decodeBase64(text(expected.toString('base64').replace(/=+$/, '')))).toEqual(expected);
      }),
    );
  });

  it.each(['', '=', 'A', 'AAAAA', 'AB', 'AA=A', 'A A A', 'ÄÄÄÄ', 'AAAA====', 'AAA-', 'AAAA\n'])(
    'take no %j as base64',
    (text) => {
      expect(decodeBase64(Buffer.from(text))).toBeUndefined();
    },
  );

  it.each(['', '0', '0g', '0x00', '00 00'])('take no %j as hex', (text) => {
    expect(decodeHex(Buffer.from(text))).toBeUndefined();
  });

  it('read a key as Vault does: hex first', () => {
    expect(decodeKey(Buffer.from('abcd'))).toEqual(Buffer.from([0xab, 0xcd]));
    expect(decodeKey(Buffer.from('abcg'))).toEqual(Buffer.from('abcg', 'base64'));
  });
});
