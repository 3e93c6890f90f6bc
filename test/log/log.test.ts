import { describe, expect, test } from 'vitest';
import { createLog, type Level } from '../../shared/log/log.ts';
import { Redactor } from '../../shared/log/redactor.ts';

const clock = { now: () => Date.UTC(2026, 10, 22, 3, 0, 0, 5) };

function logged(fields: Record<string, unknown>, ...secrets: string[]): Record<string, unknown> {
  return JSON.parse(loggedLine(fields, ...secrets));
}

function loggedLine(fields: Record<string, unknown>, ...secrets: string[]): string {
  const lines: string[] = [];
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  createLog({ write: (line) => lines.push(line), clock, secrets: redactor }).info('sweep-finished', fields);
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

test('a record is one line of JSON: time, level, event, fields', () => {
  expect(loggedLine({ cluster: 'payments', nodes: 3, note: 'two\nlines' })).toBe(
    '{"at":"2026-11-22T03:00:00.005Z","level":"info","event":"sweep-finished","cluster":"payments","nodes":3,"note":"two\\nlines"}',
  );
});

test.for<[Level, string[]]>([
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
])('level %s writes %j', ([level, written]) => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(JSON.parse(line).level), clock, level });
  log.info('a');
  log.warn('b');
  log.error('c');
  expect(lines).toEqual(written);
});

test('a field cannot pose as time, level or event', () => {
  expect(logged({ at: 'never', level: 'error', event: 'forged' })).toEqual({
    at: '2026-11-22T03:00:00.005Z',
    level: 'info',
    event: 'sweep-finished',
  });
});

describe('secrets', () => {
  test('are replaced in values, names, lists, errors and numbers', () => {
    const secret = '86753091';
    const line = loggedLine(
      {
        plain: `t=${secret}`,
        [secret]: 1,
        deep: { list: [Buffer.from(secret).toString('base64')], number: 86753091 },
        map: new Map([['a', secret]]),
        error: new Error(`failed with ${secret}`, { cause: new Error(secret) }),
        url: new URL(`https://host/${secret}`),
        large: 86753091n,
      },
      secret,
    );
    expect(line).not.toMatch(/86753091|ODY3NTMwOTE/);
    expect(line.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(8);
  });

  test('are replaced in the event', () => {
    const lines: string[] = [];
    const secrets = new Redactor();
    secrets.add('86753091');
    createLog({ write: (line) => lines.push(line), clock, secrets }).warn('event 86753091');
    expect(lines.join()).not.toContain('86753091');
  });

  test.for([
    'token',
    'accessToken',
    'VAULT_TOKEN',
    'clientSecret',
    'secret_id',
    'key',
    'x-functions-key',
    'Authorization',
    'password',
    'set-cookie',
    'unsealShares',
    'SASToken',
  ])('what is called %s is dropped, whatever it holds', (name) => {
    expect(logged({ inner: { [name]: 'abc' } }).inner).toEqual({ [name]: '[dropped]' });
    expect(logged({ [name]: { a: ['b'] } })[name]).toBe('[dropped]');
  });

  test.for(['monkey', 'keyring', 'tokenised', 'shared', 'secretary'])('%s is an ordinary name', (name) => {
    expect(logged({ [name]: 'abc' })[name]).toBe('abc');
  });

  test('whether there is one may be said', () => {
    expect(logged({ token: true }).token).toBe(true);
  });

  test('bytes are counted, not shown', () => {
    expect(logged({ a: Buffer.from('abc'), b: new ArrayBuffer(2) })).toMatchObject({
      a: '[3 bytes]',
      b: '[2 bytes]',
    });
  });
});

describe('an error', () => {
  test('is its name, code, message and where it was thrown', () => {
    class Refused extends Error {
      override name = 'Refused';
      code = 'refused';
      request = { body: 'not to be shown' };
    }
    expect(logged({ error: new Refused('no') }).error).toEqual({
      name: 'Refused',
      code: 'refused',
      message: 'no',
      at: expect.stringMatching(/^at .*log\.test\.ts/),
    });
  });

  test('shows of its causes no stack', () => {
    const cause = new TypeError('inner', { cause: 'text' });
    expect(logged({ error: new Error('outer', { cause }) }).error).toMatchObject({
      message: 'outer',
      cause: { name: 'TypeError', message: 'inner', cause: 'text' },
    });
    expect(loggedLine({ error: new Error('outer', { cause }) }).match(/log\.test\.ts/g)).toHaveLength(1);
  });
});

describe('whatever it is given', () => {
  test('cycles end', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const error = new Error('self');
    error.cause = error;
    expect(loggedLine({ cycle, error })).toContain('[deeper]');
  });

  test('long text and long lists are cut, and say so', () => {
    const { text, list } = logged({ text: 'x'.repeat(5000), list: Array.from({ length: 101 }, () => 1) });
    expect(text).toBe(`${'x'.repeat(4096)}… [5000 characters]`);
    expect(list).toHaveLength(101);
    expect(list).toContain('[1 more]');
  });

  test('odd values have a word', () => {
    expect(
      logged({
        a: Number.NaN,
        b: () => 1,
        c: new Date(Number.NaN),
        d: Symbol('x'),
        e: new Set([1]),
        f: null,
        g: undefined,
      }),
    ).toMatchObject({ a: 'NaN', b: '[function]', c: '[invalid date]', d: '[symbol]', e: [1], f: null });
  });

  test('a getter that throws does not lose the record', () => {
    const fields = {
      get broken(): string {
        throw new TypeError('secret detail');
      },
    };
    expect(logged(fields)).toMatchObject({ event: 'sweep-finished', unloggable: 'TypeError' });
    expect(loggedLine(fields)).not.toContain('secret detail');
  });

  test('a value that redacts itself stays redacted', () => {
    const value = { inner: 'abc', toJSON: () => '[a credential]' };
    expect(logged({ value }).value).toBe('[a credential]');
  });
});
