/** What a row of table `readiness` must look like before its types are trusted. Unknown fields pass and are kept. */
import { z } from 'zod';
import type { Seal } from '../fleet/fleet.ts';
import type { Readiness, ReadinessCode } from '../readiness/readiness.ts';
import { line, lines, ms } from './schema-parts.ts';

const standing: z.ZodType<Readiness['standing']> = z.discriminatedUnion('state', [
  z.looseObject({ state: z.literal('ready') }),
  z.looseObject({ state: z.literal('at-risk'), why: line, at: ms.exactOptional() }),
  z.looseObject({ state: z.literal('not-ready'), why: line }),
  z.looseObject({ state: z.literal('unknown'), why: line }),
]);

/** Rooms share types only: a code that is added there must be added here, or this does not compile. */
const codes = {
  'seal-not-ready': '',
  'seal-provider-down': '',
  'seal-token-expiring': '',
  'seal-token-not-periodic': '',
  'seal-token-too-wide': '',
  'seal-secret-expiring': '',
  'seal-key-expiring': '',
  'seal-key-version-at-risk': '',
  'escrow-not-ready': '',
  'readiness-unknown': '',
} as const satisfies Record<ReadinessCode, ''>;
const code = z.enum(Object.keys(codes) as ReadinessCode[]);

const sealTypes = ['shamir', 'transit', 'azurekeyvault', 'other'] as const satisfies Seal['type'][];

export const readinessSchema: z.ZodType<Readiness> = z.looseObject({
  cluster: z.string(),
  seal: z.enum(sealTypes),
  standing,
  evidence: lines,
  indirect: z.literal(true).exactOptional(),
  problems: z
    .array(
      z.looseObject({
        code,
        severity: z.enum(['critical', 'warning', 'info']).exactOptional(),
        summary: line,
        evidence: lines,
        advice: line.exactOptional(),
      }),
    )
    .max(50),
  unjudged: z.partialRecord(code, line),
  keySince: ms.exactOptional(),
  at: ms,
  validUntil: ms,
  sealEntry: line.exactOptional(),
});
