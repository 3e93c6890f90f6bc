/** What is no token of ours: of the right shape, in every part wrong. */
import * as fc from 'fast-check';
import { canary } from './bodies.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param tokens valid ones; whatever comes out is none of them. */
export function malformedTokens(tokens: string[]): fc.Arbitrary<string> {
  const valid = fc.constantFrom(...tokens).map((token) => token.split('.') as [string, string, string]);
  const [header = ''] = tokens[0]?.split('.') ?? [];
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
  const extras = fc.dictionary(
    fc.constantFrom('crit', 'b64', 'jwk', 'jku', 'x5c', 'typ', 'cty', 'zip', 'enc', '__proto__', canary),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(['b64'], ['exp'], [], false)),
    { maxKeys: 3 },
  );
  const alg = fc.constantFrom(
    'RS256',
    'RS256',
    'RS256',
    'none',
    'None',
    'HS256',
    'PS256',
    'RS512',
    'ES256',
    '',
    null,
  );
  const headers = fc
    .tuple(
      extras,
      alg,
      fc.oneof(fc.constantFrom(kid, kid, canary, '../../etc/passwd', 7, null, ['a']), fc.string()),
    )
    .map(([extra, alg, kid]) => part({ ...extra, alg, kid }));
  const claims = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.record({
      oid: fc.constant('ada'),
      roles: fc.jsonValue(),
      exp: fc.oneof(fc.double(), fc.string()),
      tid: fc.string(),
    }),
  );
  const signature = fc
    .uint8Array({ maxLength: 300 })
    .map((bytes) => Buffer.from(bytes).toString('base64url'));
  const raw = fc.string({ maxLength: 60 }).map((text) => Buffer.from(text).toString('base64url'));
  return fc
    .oneof(
      fc.tuple(headers, claims.map(part), signature),
      // A signature of ours under another header or other claims.
      fc
        .tuple(headers, valid, claims.map(part))
        .map(([made, [, , signed], claimed]) => [made, claimed, signed]),
      fc.tuple(valid, claims.map(part)).map(([[head, , signed], claimed]) => [head, claimed, signed]),
      fc.tuple(headers, valid).map(([made, [, claimed, signed]]) => [made, claimed, signed]),
      fc.tuple(valid, signature).map(([[head, claimed], made]) => [head, claimed, made]),
      fc.tuple(raw, raw, raw),
      fc
        .tuple(valid, valid, fc.nat(40))
        .map(([a, b, at]) => [a[0], a[1], `${b[2].slice(0, at)}A${b[2].slice(at + 1)}`]),
      valid.map(([head, claimed, signed]) => [head, claimed, `${signed}${signed}`]),
      valid.map(([head, claimed, signed]) => [head, claimed, signed, signed]),
      fc.integer({ min: 10, max: 13_000 }).map((size) => ['e30', 'A'.repeat(size), 'e30']),
      fc.constantFrom(['', '', ''], ['e30', 'e30', ''], ['bnVsbA', 'bnVsbA', 'AA'], ['W10', 'W10', 'AA']),
    )
    .map((parts) => parts.join('.'))
    .filter((token) => !tokens.includes(token));
}
