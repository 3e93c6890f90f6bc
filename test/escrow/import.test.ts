import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClusterSeal, type Given, importShares, zeroGiven } from '../../shared/escrow/import.ts';
import { bytesOf, formsOf } from './build.ts';

const shamir: ClusterSeal = { threshold: 3, count: 5, type: 'shamir', recoverySeal: false };
const transit: ClusterSeal = { threshold: 3, count: 5, type: 'transit', recoverySeal: true };
const rootToken = `hvs.${randomBytes(18).toString('base64url')}`;

function keysOf(count = 5, length = 33): Buffer[] {
  return Array.from({ length: count }, (_, place) =>
    Buffer.concat([randomBytes(length - 1), Buffer.from([place + 7])]),
  );
}

const base64 = (keys: Buffer[]) => keys.map((key) => key.toString('base64'));
const hex = (keys: Buffer[]) => keys.map((key) => key.toString('hex'));

/** As `vault operator init -format=json` prints it. */
function cli(keys: Buffer[], over: object = {}): object {
  return {
    unseal_keys_b64: base64(keys),
    unseal_keys_hex: hex(keys),
    unseal_shares: 5,
    unseal_threshold: 3,
    recovery_keys_b64: [],
    recovery_keys_hex: [],
    recovery_keys_shares: 0,
    recovery_keys_threshold: 0,
    root_token: rootToken,
    ...over,
  };
}

function cliAuto(keys: Buffer[]): object {
  return cli([], {
    unseal_shares: 1,
    unseal_threshold: 1,
    recovery_keys_b64: base64(keys),
    recovery_keys_hex: hex(keys),
    recovery_keys_shares: 5,
    recovery_keys_threshold: 3,
  });
}

/** As sys/init answers. */
function http(keys: Buffer[]): object {
  return { keys: hex(keys), keys_base64: base64(keys), root_token: rootToken };
}

const file = (value: unknown): Given => ({
  form: 'file',
  bytes: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)),
});
const prompt = (lines: string[]): Given => ({
  form: 'prompt',
  lines: lines.map((line) => Buffer.from(line)),
});

function problemsOf(given: Given, seal = shamir): string {
  const imported = importShares(given, seal);
  return imported.ok ? 'none' : imported.problems.join('\n');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('import', () => {
  it.each<[string, (keys: Buffer[]) => Given, ClusterSeal, object]>([
    ["the CLI's output", (keys) => file(cli(keys)), shamir, { kind: 'unseal', rootToken: true }],
    [
      "the CLI's output of an auto-unseal cluster",
      (keys) => file(cliAuto(keys)),
      transit,
      { kind: 'recovery' },
    ],
    ['the answer of sys/init', (keys) => file(http(keys)), shamir, { kind: 'unseal', rootToken: true }],
    [
      'the answer of sys/init with recovery keys',
      (keys) =>
        file({ keys: [], keys_base64: [], recovery_keys: hex(keys), recovery_keys_base64: base64(keys) }),
      transit,
      { kind: 'recovery', rootToken: false },
    ],
    ['hex alone', (keys) => file({ keys: hex(keys) }), shamir, { rootToken: false }],
    ['base64 alone', (keys) => file({ keys_base64: base64(keys) }), shamir, {}],
    ['slashes escaped', (keys) => file(JSON.stringify(http(keys)).replaceAll('/', '\\/')), shamir, {}],
    ['pluses escaped', (keys) => file(JSON.stringify(http(keys)).replaceAll('+', '\\u002b')), shamir, {}],
    ['a byte order mark', (keys) => file(`\ufeff${JSON.stringify(http(keys))}\r\n`), shamir, {}],
    ['lines of base64', (keys) => prompt(base64(keys)), shamir, { kind: 'unseal', rootToken: false }],
    ['lines of hex', (keys) => prompt(hex(keys)), transit, { kind: 'recovery' }],
    ['lines with space around', (keys) => prompt(base64(keys).map((key) => ` ${key}\t\r\n`)), shamir, {}],
  ])('takes %s', (_what, given, seal, expected) => {
    const keys = keysOf();
    const imported = importShares(given(keys), seal);
    if (!imported.ok) throw new Error(imported.problems.join('; '));
    expect(imported).toMatchObject(expected);
    expect(imported.shares.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5]);
    expect(imported.shares.map(bytesOf)).toEqual(keys);
  });

  it('takes the one share of a cluster with threshold 1, which is the key itself', () => {
    const keys = keysOf(1, 32);
    const single = { ...shamir, threshold: 1, count: 1 };
    const imported = importShares(file({ ...http(keys) }), single);
    expect(imported.ok && imported.shares.map(bytesOf)).toEqual(keys);
    expect(problemsOf(file(http(keysOf(1, 33))), single)).toContain(
      'share 1 has 33 bytes, but a share of this cluster has 32',
    );
  });

  it.each<[string, (keys: Buffer[]) => Given, string, ClusterSeal?]>([
    [
      'fewer shares than the cluster has',
      (keys) => prompt(base64(keys.slice(1))),
      '4 shares were given, the cluster has 5',
    ],
    [
      'another count',
      (keys) => file(cli(keys, { unseal_shares: 7 })),
      'the file says 7 shares, the cluster 5',
    ],
    [
      'another threshold',
      (keys) => file(cli(keys, { unseal_threshold: 2 })),
      'the file says threshold 2, the cluster 3',
    ],
    [
      'a share twice',
      ([a, b, , d, e]) => prompt(base64([a, b, a, d, e] as Buffer[])),
      'share 3 is the same as share 1',
    ],
    [
      'a share twice, in base64 and hex',
      ([a, b, , d, e]) => prompt([...base64([a, b] as Buffer[]), ...hex([a, d, e] as Buffer[])]),
      'share 3 is the same as share 1',
    ],
    [
      'a short share',
      ([a, ...rest]) => prompt(base64([a?.subarray(1) as Buffer, ...rest])),
      'share 1 has 32 bytes, but a share of this cluster has 33',
    ],
    [
      'shares of two sets',
      ([a, b, c, d]) =>
        prompt(base64([a, b, c, d, Buffer.concat([randomBytes(32), Buffer.from([7])])] as Buffer[])),
      'shares 1 and 5 cannot be of one set',
    ],
    [
      'garbage',
      ([, ...rest]) => prompt(['not a key!', ...base64(rest)]),
      'share 1 is neither base64 nor hex',
    ],
    ['an empty line', ([, ...rest]) => prompt(['', ...base64(rest)]), 'share 1 is neither base64 nor hex'],
    [
      'lists that differ',
      (keys) => file({ ...cli(keys), unseal_keys_hex: hex(keysOf()) }),
      'share 1 differs between the base64 and the hex list',
    ],
    [
      'unseal keys for an auto-unseal cluster',
      (keys) => file(cli(keys)),
      'the file holds unseal keys, but the cluster unseals by transit',
      transit,
    ],
    [
      'recovery keys for a Shamir cluster',
      (keys) => file(cliAuto(keys)),
      'the file holds recovery keys, but the cluster unseals with shares',
    ],
    ['a file without keys', () => file({ root_token: rootToken }), 'the file holds no keys'],
    [
      'a cluster that has none yet',
      (keys) => file(cli(keys)),
      'the cluster is not initialised',
      { ...shamir, threshold: 0, count: 0 },
    ],
    [
      'the printed table',
      (keys) => file(`Unseal Key 1: ${base64(keys)[0]}\n`),
      'not one JSON object: give the output of `vault operator init -format=json`',
    ],
    [
      'a file of Windows PowerShell',
      (keys) => ({ form: 'file', bytes: Buffer.from(`\ufeff${JSON.stringify(cli(keys))}`, 'utf16le') }),
      'UTF-16',
    ],
    ['a huge file', () => file(' '.repeat(1024 * 1024 + 1)), 'larger than 1 MiB'],
  ])('refuses %s, by index and never by value', (_what, given, problem, seal = shamir) => {
    const keys = keysOf();
    const told = problemsOf(given(keys), seal);
    expect(told).toContain(problem);
    for (const key of keys) for (const form of formsOf(key)) expect(told).not.toContain(form);
    expect(told).not.toContain(rootToken);
  });

  it('names shares that are encrypted with PGP', () => {
    const packet = () => Buffer.concat([Buffer.from([0xc1, 0xc0, 0x4c, 0x03]), randomBytes(300)]);
    const encrypted = [packet(), packet(), packet(), packet(), packet()];
    for (const given of [
      file(cli(encrypted)),
      file(http(encrypted)),
      prompt(base64(encrypted)),
      prompt(hex(encrypted)),
    ]) {
      expect(problemsOf(given)).toContain('share 2 is encrypted with PGP: its owner must decrypt it first');
    }
    const armour = `-----BEGIN PGP MESSAGE-----\n\n${randomBytes(200).toString('base64')}\n-----END PGP MESSAGE-----`;
    const armoured = cli([], {
      unseal_keys_b64: Array.from({ length: 5 }, () => armour),
      unseal_keys_hex: [],
    });
    expect(problemsOf(file(armoured))).toContain('share 5 is encrypted with PGP');
  });

  it('says that a root token is in the file, and shows it nowhere', () => {
    const imported = importShares(file(cli(keysOf())), shamir);
    expect(imported.rootToken).toBe(true);
    expect(inspect(imported, { depth: 9, showHidden: true })).not.toContain(rootToken);
    expect(importShares(file(cli(keysOf(), { root_token: '' })), shamir).rootToken).toBe(false);
    expect(importShares(file(cli([], {})), shamir)).toMatchObject({ ok: false, rootToken: true });
  });

  it('leaves what it was given as it was, until it is told to zero it', () => {
    const given = file(cli(keysOf()));
    const before = given.form === 'file' ? Buffer.from(given.bytes) : undefined;
    importShares(given, shamir);
    expect(given.form === 'file' && given.bytes).toEqual(before);
    for (const one of [given, prompt(base64(keysOf()))]) {
      zeroGiven(one);
      const bytes = one.form === 'file' ? [one.bytes] : one.lines;
      expect(bytes.every((each) => each.every((byte) => byte === 0))).toBe(true);
    }
  });

  it.each<[string, (keys: Buffer[]) => Given, boolean]>([
    ['a file that is taken', (keys) => file(cli(keys)), true],
    ['lines that are taken', (keys) => prompt(hex(keys)), true],
    ['a file that is refused', (keys) => file(cli(keys, { unseal_threshold: 2 })), false],
    ['a file with a bad key', (keys) => file(cli(keys, { unseal_keys_b64: ['!', ...base64(keys)] })), false],
    ['lines that are refused', (keys) => prompt([...base64(keys), 'AAAA!']), false],
  ])('leaves no buffer behind that is not zero, but the shares: %s', (_what, given, ok) => {
    const source = given(keysOf());
    const made = vi.spyOn(Buffer, 'alloc');
    const imported = importShares(source, shamir);
    const buffers = made.mock.results.map(({ value }) => value as Buffer);
    expect(imported.ok).toBe(ok);
    expect(buffers.length).toBeGreaterThan(4);
    const full = () => buffers.filter((bytes) => bytes.some((byte) => byte !== 0)).length;
    expect(full()).toBe(ok ? 5 : 0);
    if (imported.ok) for (const one of imported.shares) one.destroy();
    expect(full()).toBe(0);
  });

  it('takes any bytes without throwing', () => {
    const near = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\\',
      '\\u00',
      'keys',
      'null',
      '1',
      ' ',
      'é',
      '\0',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.array(near).map((parts) => Buffer.from(parts.join(''))),
        ),
        (bytes) => {
          expect(importShares({ form: 'file', bytes: Buffer.from(bytes) }, shamir).ok).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
