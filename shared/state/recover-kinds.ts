/** The kinds of row that the recover app keeps: where each belongs and what it must be (./kind.ts). */
import { createHash } from 'node:crypto';
import type { GenerationRow } from '../escrow/generation.ts';
import type { Approval } from '../people/person.ts';
import type { Recovery, StartNote } from '../recovery/recovery.ts';
import type { Kind } from './kind.ts';
import {
  type Active,
  activeSchema,
  approvalSchema,
  generationRowSchema,
  recoverySchema,
  startSchema,
} from './recover-schema.ts';

export const recoveryPrefix = 'r-';
export const activeKey = 'active';
export const newestKey = 'newest';

export const recoveryKind: Kind<Recovery> = {
  table: 'recoveries',
  schema: recoverySchema,
  keys: ({ cluster, id }) => ({ partitionKey: cluster, rowKey: `${recoveryPrefix}${id}` }),
  columns: ({ status, requestedAt, ended }) => ({
    status,
    requestedAt: new Date(requestedAt),
    ...(ended && { endedAt: new Date(ended.at) }),
  }),
};

export const activeKind: Kind<Active> = {
  table: 'recoveries',
  schema: activeSchema,
  keys: ({ cluster }) => ({ partitionKey: cluster, rowKey: activeKey }),
  columns: ({ recovery }) => ({ recovery }),
};

/** A person's id holds a slash, which no key may: its hash stands for it. */
export const approvalKind: Kind<Approval> = {
  table: 'approvals',
  schema: approvalSchema,
  keys: ({ binding, by }) => ({
    partitionKey: binding.cluster,
    rowKey: `${binding.recovery}.${createHash('sha256').update(by).digest('hex')}`,
  }),
};

export const generationKind: Kind<GenerationRow> = {
  table: 'generations',
  schema: generationRowSchema,
  keys: ({ cluster }) => ({ partitionKey: cluster, rowKey: newestKey }),
};

export const startKind: Kind<StartNote> = {
  table: 'starts',
  schema: startSchema,
  keys: ({ cluster, node }) => ({ partitionKey: cluster, rowKey: `n-${keyText(node)}` }),
};

/** Any text as part of a key: what a key may not hold, and `=` itself, as `=XX` of its UTF-8 bytes. */
function keyText(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]+/gu, (odd) =>
    [...Buffer.from(odd)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
