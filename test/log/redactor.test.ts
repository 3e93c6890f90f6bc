import { assert, constantFrom, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Redactor } from '../../shared/log/redactor.ts';

const secret = 'hvs.CAESI+/p&"q=ß z';

function redactorOf(...secrets: (string | Uint8Array)[]): Redactor {
  const redactor = new Redactor();
  for (const each of secrets) redactor.add(each);
  return redactor;
}

describe('a registered secret', () => {
  test.for([
    ['plain', secret],
    ['JSON-escaped', JSON.stringify({ secret })],
    ['URL-encoded', `https://h/?t=${encodeURIComponent(secret)}&u=1`],
    ['URL-encoded in lower case', encodeURIComponent(secret).replace(/%../g, (octet) => octet.toLowerCase())],
    ['form-encoded', encodeURIComponent(secret).replaceAll('%20', '+')],
    ['base64', Buffer.from(secret).toString('base64')],
    ['base64 in a URL', encodeURIComponent(Buffer.from(secret).toString('base64'))],
    ['base64url', Buffer.from(secret).toString('base64url')],
    ['hex', Buffer.from(secret).toString('hex')],
    ['hex in capitals', Buffer.from(secret).toString('hex').toUpperCase()],
  ] as const)('is replaced %s', ([, text]) => {
    const redacted = redactorOf(secret).redact(`before ${text} after`);
    expect(redacted).toMatch(/^before .*\[redacted\].* after$/);
    expect(redacted).not.toContain(text);
    expect(redacted).not.toContain('CAESI');
  });

  test('is replaced inside base64 of something larger, wherever it stands', () => {
    assert(
      property(
        uint8Array({ minLength: 12, maxLength: 40 }),
        uint8Array({ maxLength: 9 }),
        uint8Array({ maxLength: 9 }),
        constantFrom('base64' as const, 'base64url' as const),
        (bytes, before, after, encoding) => {
          const larger = Buffer.concat([before, bytes, after]).toString(encoding);
          const left = redactorOf(bytes).redact(larger);
          expect(left).toContain('[redacted]');
          // At most the characters that the secret shares with its neighbours stay.
          const shown = left.length - '[redacted]'.length;
          expect(shown).toBeLessThanOrEqual(Math.ceil(((before.length + after.length) * 8) / 6) + 6);
        },
      ),
    );
  });

  test('may be bytes that are no text', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0, 1, 2, 3, 4, 0x80]);
    const redactor = redactorOf(bytes);
    expect(redactor.redact(bytes.toString('hex'))).toBe('[redacted]');
    expect(redactor.redact(bytes.toString('base64'))).toBe('[redacted]');
  });

  test('goes as a whole when another one is part of it', () => {
    expect(redactorOf('secret', 'a secret part').redact('a secret part')).toBe('[redacted]');
  });

  test('is text, not a pattern', () => {
    const redactor = redactorOf('a.b*c+d?(e)[f]');
    expect(redactor.redact('a.b*c+d?(e)[f]')).toBe('[redacted]');
    expect(redactor.redact('axbbc+d?(e)[f]')).toBe('axbbc+d?(e)[f]');
  });

  test('is forgotten when the last who registered it says so', () => {
    const redactor = new Redactor();
    const forget = redactor.add('secret-1');
    const forgetAgain = redactor.add('secret-1');
    forget();
    forget();
    expect(redactor.redact('secret-1')).toBe('[redacted]');
    forgetAgain();
    expect(redactor.redact('secret-1')).toBe('secret-1');
  });
});

test('a secret that is too short to be told from ordinary text is refused, and not shown', () => {
  expect(() => redactorOf('12345')).toThrow(RangeError);
  expect(() => redactorOf('12345')).not.toThrow(/12345/);
  expect(redactorOf('123456').redact('x123456y')).toBe('x[redacted]y');
});

test('without secrets text stays as it is', () => {
  expect(new Redactor().redact('nothing to hide')).toBe('nothing to hide');
});
