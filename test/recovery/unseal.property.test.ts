import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Share } from '../../shared/escrow/share.ts';
import type { UnsealAnswer, UnsealFailure } from '../../shared/vault/unseal.ts';
import { run, underUnseal } from './unsealing.ts';

const seed = 20_261_122;
const nonces = ['f47411a8-cf5b-d566-f6bd-f6c19d0d2b77', '11111111-cf5b-d566-f6bd-f6c19d0d2b77'];
const failures: UnsealFailure[] = [
  'authentication-failed',
  'malformed',
  'duplicate',
  'already-unsealed',
  'node-removed',
  'timeout',
  'reset',
  'not-json',
  'other',
];

const answer: fc.Arbitrary<UnsealAnswer> = fc.oneof(
  fc
    .record({
      sealed: fc.boolean(),
      t: fc.constantFrom(3, 3, 3, 2),
      n: fc.constant(5),
      progress: fc.integer({ min: 0, max: 4 }),
      nonce: fc.constantFrom(...nonces),
    })
    .map((body): UnsealAnswer => ({ ok: true, body, ms: 1 })),
  fc.constantFrom(...failures).map((code): UnsealAnswer => {
    const error = { code: 'http', message: 'refused', recoverable: false } as const;
    return { ok: false, code, error, ms: 1 };
  }),
);

/** What our k-th share alone would be answered: so that some sets get to their end. */
function mostlyGood(k: number): fc.Arbitrary<UnsealAnswer> {
  const body = { sealed: true, t: 3, n: 5, progress: k % 3, nonce: nonces[0] ?? '' };
  return fc.oneof({ weight: 3, arbitrary: fc.constant({ ok: true, body, ms: 1 } as const) }, answer);
}

describe('whatever nodes answer', () => {
  it('each share goes to a node once, never more than the threshold, and never after an answer that ends it', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(mostlyGood(1), mostlyGood(2), mostlyGood(3)), { minLength: 1, maxLength: 4 }),
        async (nodes) => {
          const bodies = nodes.map((): string[] => []);
          const targets = nodes.map((answers, n) => ({
            node: `vault-${n}`,
            reset: false,
            client: {
              unseal: (body: Buffer) => {
                bodies[n]?.push(body.toString());
                return Promise.resolve(answers[(bodies[n]?.length ?? 1) - 1] as UnsealAnswer);
              },
              sealStatus: () =>
                Promise.resolve({
                  ok: false,
                  error: { code: 'timeout', message: 'x', recoverable: true },
                  ms: 1,
                } as const),
            },
          }));
          const shares = [1, 2, 3].map((n) => new Share(n, Buffer.alloc(33, n)));
          const { details, rounds } = await run(targets, shares);
          for (const [n, sent] of bodies.entries()) {
            expect(new Set(sent).size).toBe(sent.length);
            expect(sent.length).toBeLessThanOrEqual(3);
            const good = (nodes[n] ?? []).findIndex((given, k) => !isNext(given, k + 1, nodes[n] ?? []));
            expect(sent.length).toBeLessThanOrEqual(good === -1 ? 3 : good + 1);
            // Every one of them was announced.
            expect(rounds.flat().filter(({ node }) => node === `vault-${n}`)).toHaveLength(sent.length);
          }
          for (const { result } of details) seen.add(result.kind);
          // Without a look right before the last share nobody can say whose set was refused.
          expect(details.map(({ result }) => result.kind)).not.toContain('wrong-generation');
        },
      ),
      { numRuns: 400, seed },
    );
    expect([...seen].sort()).toEqual(['failed', 'interference', 'joining', 'unsealed']);
  });

  it('and whatever one stranger does between our requests, no generation is called wrong and the others unseal', async () => {
    const act = fc.constantFrom('share', 'reset', 'ours', 'short', 'none');
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 4 }), fc.integer(), async (acts, salt) => {
        const fleet = underUnseal();
        for (const [index, what] of acts.entries()) {
          fleet.before('vault-2', index + 1, () => {
            const key = Buffer.alloc(what === 'short' ? 20 : 33, salt + index)
              .fill(200 + index, 32)
              .toString('base64');
            if (what === 'reset') fleet.stranger('vault-2', { reset: true });
            else if (what === 'ours') fleet.stranger('vault-2', { key: fleet.simulation.keys.shares[index] });
            else if (what !== 'none') fleet.stranger('vault-2', { key });
          });
        }
        const { results } = await run(fleet.targets(), fleet.shares(1, 2, 3));
        expect(results['vault-1']).toBe('unsealed');
        expect(results['vault-3']).toBe('unsealed');
        expect(results['vault-2']).toMatch(/^(unsealed|interference|failed malformed)$/);
        expect(fleet.sealed('vault-2')).toBe(results['vault-2'] !== 'unsealed');
        const ours = fleet.sent.filter(({ node }) => node === 'vault-2').map(({ share }) => share);
        expect(new Set(ours).size).toBe(ours.length);
      }),
      { numRuns: 100, seed },
    );
  });
});

/** An answer after which the next share goes out: progress k under the first answer's nonce. */
function isNext(given: UnsealAnswer, k: number, answers: UnsealAnswer[]): boolean {
  const [first] = answers;
  return (
    given.ok &&
    first?.ok === true &&
    given.body.sealed &&
    given.body.t === 3 &&
    given.body.progress === k &&
    given.body.nonce === first.body.nonce
  );
}
