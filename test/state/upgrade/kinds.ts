/** Every kind of thing that one version stores and another reads: how today's code writes it, and how it reads it. */
import { readGeneration } from '../../../shared/escrow/read.ts';
import { sortRow } from '../../../shared/state/azure/live-rows.ts';
import { batchKind } from '../../../shared/state/batch-rows.ts';
import { decode, encode, type Kind } from '../../../shared/state/kind.ts';
import { checkVersion, pack, parseRow, schemaVersion, type Unpacked } from '../../../shared/state/packing.ts';
import type {
  Head,
  LivePartition,
  OutboxEntry,
  SweepRecord,
  UnreadableRow,
} from '../../../shared/state/ports.ts';
import {
  activeKind,
  approvalKind,
  generationKind,
  recoveryKind,
  startKind,
} from '../../../shared/state/recover-kinds.ts';
import {
  activeRotationKind,
  lockKind,
  readinessKind,
  rotationApprovalKind,
  rotationKind,
} from '../../../shared/state/rotate-kinds.ts';
import { headSchema, holdRow, outboxSchema, quietRow, sweepSchema } from '../../../shared/state/schema.ts';
import { readSweepRow, sweepColumns } from '../../../shared/state/sweep-row.ts';
import { readJournal } from '../../../shared/work/break-glass/journal.ts';
import { aHead, aMessage, anAlert, anEntry, aTransition } from '../../fakes/state/examples.ts';
import * as recover from '../../fakes/state/recover-examples.ts';
import * as rotate from '../../fakes/state/rotate-examples.ts';
import { aGeneration, journalLines } from './files.ts';

export type Row = { partitionKey: string; rowKey: string } & Record<string, unknown>;

export interface StoredKind {
  name: string;
  /** Undefined: a file whose examples say it all. */
  schema?: unknown;
  examples: unknown[];
  write: (value: never) => Row;
  read: (row: Row) => Unpacked<unknown>;
}

function packed<T>(name: string, kind: Kind<T>, examples: T[]): StoredKind {
  return {
    name,
    schema: kind.schema,
    examples,
    write: (value) => encode(kind, value),
    read: (row) => decode(kind, row),
  };
}

function live(
  name: string,
  schema: unknown,
  rowKey: (value: never) => string,
  examples: unknown[],
): StoredKind {
  return {
    name,
    schema,
    examples,
    write: (value) => ({
      partitionKey: partitionOf(value),
      rowKey: rowKey(value),
      ...pack('an example', value).columns,
    }),
    read: readLive,
  };
}

function partitionOf(value: { cluster?: string }): string {
  return value.cluster ?? 'payments';
}

function readLive(row: Row): Unpacked<unknown> {
  const partitions = new Map<string, LivePartition>();
  const unreadable: UnreadableRow[] = [];
  sortRow({ etag: '1', ...row }, partitions, unreadable);
  const [{ why } = { why: 'it was left out' }] = unreadable;
  const { head, outbox = [] } = partitions.get(row.partitionKey) ?? {};
  const found = head ?? outbox[0];
  return found ? { ok: true, value: found.value } : { ok: false, why };
}

const time = new Date(recover.noon);

/** Plain columns: nothing is packed. */
function plain(
  name: string,
  schema: typeof holdRow | typeof quietRow,
  keys: Row,
  examples: object[],
): StoredKind {
  return {
    name,
    schema,
    examples,
    write: (value: object) => ({ ...keys, v: schemaVersion, ...value }),
    read: (row) => checkVersion(row) ?? parseRow<unknown>(row, schema),
  };
}

/** A file or blob: its text stands for the row. */
function text(name: string, examples: string[], read: (bytes: Buffer) => Unpacked<unknown>): StoredKind {
  return {
    name,
    examples,
    write: (value) => ({ partitionKey: '', rowKey: '', text: value }),
    read: (row) => read(Buffer.from(String(row['text']))),
  };
}

const aSweep: SweepRecord = {
  id: 'sweep-1',
  startedAt: recover.noon,
  finishedAt: recover.noon + 2000,
  clusters: 2,
  nodes: 6,
  complete: false,
  failed: [{ cluster: 'orders', why: 'its deadline came first' }],
  turn: 7,
};

const anOutbox = (over: Partial<OutboxEntry>) =>
  anEntry({ attempts: 2, claimedUntil: recover.noon, ...over });

export const kinds: readonly StoredKind[] = [
  live('head', headSchema, () => 'head', [aHead(), aHead({ alerts: [anAlert()] })] satisfies Head[]),
  live('outbox', outboxSchema, (value: OutboxEntry) => `outbox-${value.id}`, [
    anOutbox({ effect: { kind: 'message', channel: 'chat', message: aMessage() } }),
    anOutbox({ effect: { kind: 'history', transitions: [aTransition()] } }),
  ]),
  {
    name: 'sweep',
    schema: sweepSchema,
    examples: [aSweep],
    write: (value) => ({ partitionKey: 'fleet', rowKey: 'sweep', ...sweepColumns(value) }),
    read: readSweepRow,
  },
  packed('batch', batchKind, []),
  plain('acknowledgement', quietRow, { partitionKey: 'payments', rowKey: 'all' }, [
    { kind: 'silence', by: 'tenant/alice', at: time, until: time },
  ]),
  plain('hold', holdRow, { partitionKey: 'hold', rowKey: 'payments' }, [
    { by: 'Alice', reason: 'migration', until: time, at: time },
  ]),
  packed('recovery', recoveryKind, [recover.aFullRecovery(), recover.ended(recover.aRecovery())]),
  packed('active-recovery', activeKind, [{ cluster: 'payments', recovery: 'payments.first' }]),
  packed('recovery-approval', approvalKind, [recover.anApproval()]),
  packed('generation', generationKind, [recover.aGenerationRow()]),
  packed('start', startKind, [recover.aStart()]),
  packed('readiness', readinessKind, [rotate.aFullReadiness()]),
  packed('rotation', rotationKind, [rotate.aFullRotation(), rotate.endedRotation(rotate.aRotation())]),
  packed('active-rotation', activeRotationKind, [
    { cluster: 'payments', kind: 'transit-token', rotation: 'payments.first' },
  ]),
  packed('rotation-approval', rotationApprovalKind, [rotate.aRotationApproval()]),
  packed('lock', lockKind, [
    { name: 'token of payments at root', rotation: rotate.aRotation(), at: rotate.noon },
  ]),
  text('envelopes', [aGeneration('least'), aGeneration('most')], (bytes) => {
    const read = readGeneration(bytes);
    return read.ok ? { ok: true, value: read.generation } : { ok: false, why: read.problem };
  }),
  text('break-glass-journal', [journalLines(), journalLines({ v: 1 })], (bytes) => {
    const read = readJournal(bytes);
    return read.ok ? { ok: true, value: read.entries } : { ok: false, why: `damaged in line ${read.line}` };
  }),
];
