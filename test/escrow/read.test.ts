import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Envelope, Generation } from '../../shared/escrow/generation.ts';
import { readGeneration } from '../../shared/escrow/read.ts';
import { digestOf, generationBytes } from '../../shared/escrow/write.ts';
import { sealed, trust } from './build.ts';

let generation: Generation;
beforeAll(async () => {
  generation = (await sealed()).generation;
});

function problemOf(value: unknown): string {
  const read = readGeneration(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  return read.ok ? 'none' : read.problem;
}

describe('the bytes of a generation', () => {
  it('are read back as they were written', () => {
    expect(readGeneration(generationBytes(generation))).toEqual({ ok: true, generation });
  });

  it('are the same whatever the order of its fields, and so is their digest', () => {
    const reversed = Object.fromEntries(Object.entries(generation).toReversed()) as unknown as Generation;
    expect(generationBytes(reversed)).toEqual(generationBytes(generation));
    expect(digestOf(generationBytes(reversed))).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf(generationBytes({ ...generation, revision: 2 }))).not.toBe(
      digestOf(generationBytes(generation)),
    );
  });
});

describe('a blob', () => {
  const first = (over: Partial<Record<keyof Envelope, unknown>>) => ({
    envelopes: [{ ...generation.envelopes[0], ...over }, ...generation.envelopes.slice(1)],
  });

  it.each<[string, () => object, string]>([
    ['of another schema', () => ({ schema: 2 }), 'schema was written by another version'],
    ['without a cluster', () => ({ cluster: undefined }), 'cluster must be there, as string'],
    ['of an odd cluster', () => ({ cluster: '../x' }), 'cluster must be the name of a cluster'],
    ['of generation 0', () => ({ generation: 0 }), 'generation is too small: at least 1'],
    ['of half a revision', () => ({ revision: 1.5 }), 'revision must be there, as int'],
    ['of an unknown kind', () => ({ kind: 'root' }), 'kind must be one of: unseal, recovery'],
    ['with a threshold above its count', () => ({ threshold: 6 }), 'threshold must not be above count'],
    ['with endless shares', () => ({ count: 1e12 }), 'count is too large: at most 255'],
    ['with 256 shares', () => ({ count: 256 }), 'count is too large: at most 255'],
    ['without addresses', () => ({ trust: { ...trust, addresses: [] } }), 'trust.addresses is too small'],
    [
      'with an address that is no origin',
      () => ({ trust: { ...trust, addresses: ['https://vault:8200/x'] } }),
      'trust.addresses[0] must be an origin',
    ],
    [
      'with addresses out of order',
      () => ({ trust: { ...trust, addresses: trust.addresses.toReversed() } }),
      'trust.addresses must be sorted, each once',
    ],
    [
      'with a short pin',
      () => ({ trust: { ...trust, pins: ['AAAA'] } }),
      'trust.pins[0] must be base64 of 32 bytes',
    ],
    ['with a field more', () => ({ note: 'x' }), 'it has fields that are not known here'],
    ['with an envelope too many', () => ({ count: 4 }), 'envelopes[4].index must not be above count'],
    ['with an index missing', () => ({ count: 6 }), 'envelopes must hold every share: share 6 is missing'],
    [
      'with an envelope twice',
      () => ({ envelopes: [generation.envelopes[0], ...generation.envelopes] }),
      'envelopes[1] is there twice',
    ],
    [
      'with envelopes out of order',
      () => ({ envelopes: generation.envelopes.toReversed() }),
      'envelopes[1].index must be in the order of the indexes',
    ],
    ['with a short IV', () => first({ iv: 'AAAA' }), 'envelopes[0].iv must be base64 of 12 bytes'],
    ['with a long tag', () => first({ tag: 'A'.repeat(24) }), 'envelopes[0].tag must be base64 of 16 bytes'],
    [
      'with an endless ciphertext',
      () => first({ ciphertext: 'A'.repeat(400_000) }),
      'envelopes[0].ciphertext is too large',
    ],
    [
      'with a short wrapped key',
      () => first({ wrappedKey: 'AAAA' }),
      'envelopes[0].wrappedKey must be base64 of 256',
    ],
    [
      'with a bare key id',
      () => first({ keyId: 'https://a/keys/b' }),
      'envelopes[0].keyId must be a versioned',
    ],
    [
      'wrapped some other way',
      () => first({ wrap: 'none' }),
      'envelopes[0].wrap is none of the kinds known here',
    ],
    [
      'with a custodian of two lines',
      () => first({ custodian: 'a\nb' }),
      'envelopes[0].custodian must be one line',
    ],
  ])('%s is refused by its field', (_what, over, problem) => {
    expect(problemOf({ ...generation, ...over() })).toContain(`the escrow blob cannot be used: ${problem}`);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"cluster": payments}'],
    ['a list', '[]'],
    ['null', 'null'],
  ])('that is %s is refused', (_what, text) => {
    expect(problemOf(text)).toMatch(/^the escrow blob cannot be used: /);
  });

  it('that is too large or not UTF-8 is refused unparsed', () => {
    expect(problemOf(' '.repeat(1024 * 1024 + 1))).toContain('larger than 1024 KiB');
    expect(readGeneration(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({ ok: false });
  });

  it('may hold one share for several custodians', async () => {
    const both = await sealed({ threshold: 2, count: 3 }, [
      { name: 'alpha', shares: [1, 2, 3] },
      { name: 'beta', shares: [2, 3] },
    ]);
    expect(both.generation.envelopes.map(({ index, custodian }) => `${index} ${custodian}`)).toEqual([
      '1 alpha',
      '2 alpha',
      '2 beta',
      '3 alpha',
      '3 beta',
    ]);
    expect(readGeneration(generationBytes(both.generation))).toEqual({
      ok: true,
      generation: both.generation,
    });
  });

  it('never gives a value back in what is said of it, and never throws', () => {
    const marker = 'MARKER-7f3a';
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(generation) as (keyof Generation)[]), marker),
        fc.oneof(
          fc.constant(marker),
          fc.constant([marker]),
          fc.constant({ [marker]: marker }),
          fc.constant([{ [marker]: marker }]),
          fc.jsonValue(),
        ),
        (field, value) => {
          expect(problemOf({ ...generation, [field]: value })).not.toContain(marker);
        },
      ),
    );
    for (const field of Object.keys(generation.envelopes[0] ?? {}) as (keyof Envelope)[]) {
      expect(problemOf({ ...generation, ...first({ [field]: marker }) }), field).not.toContain(marker);
    }
  });
});
