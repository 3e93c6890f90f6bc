/** What a stored row must look like before its types are trusted. Unknown fields pass and are kept. */
import { z } from 'zod';
import type { Alert, Change, Message, Transition } from '../alert/alert.ts';
import { catalogue, type Finding, type FindingCode } from '../finding.ts';
import type { ClusterFacts, NodeStateName } from '../probe/head-facts.ts';
import { highestBatch } from './limits.ts';
import type { Batch, BatchResult, Head, OutboxEntry, Share, SweepRecord } from './ports.ts';

// What a Date can hold: any other number makes whoever shows it throw.
const ms = z.number().min(-8.64e15).max(8.64e15);
const severity = z.enum(['critical', 'warning', 'info']);
// A code that this version does not know was written by a newer one: the row is unreadable, not half understood.
const code = z.enum(Object.keys(catalogue) as [FindingCode, ...FindingCode[]]);

const finding: z.ZodType<Finding> = z.looseObject({
  code,
  severity,
  subject: z.discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('cluster') }),
    z.looseObject({ kind: z.literal('fleet') }),
    z.looseObject({ kind: z.literal('node'), name: z.string() }),
    z.looseObject({ kind: z.literal('peer'), name: z.string() }),
    z.looseObject({ kind: z.literal('unwatched'), name: z.string() }),
    z.looseObject({ kind: z.literal('channel'), name: z.string() }),
  ]),
  summary: z.string(),
  evidence: z.array(z.string()),
  meaning: z.string(),
  advice: z.string(),
  runbook: z.string(),
  under: code.exactOptional(),
});

const alert: z.ZodType<Alert> = z.looseObject({
  key: z.string(),
  status: z.enum(['pending', 'firing', 'acknowledged', 'silenced']),
  finding,
  since: ms,
  firedAt: ms.exactOptional(),
  toldAt: ms.exactOptional(),
  toldSeverity: severity.exactOptional(),
  told: z.boolean(),
  acknowledgedBy: z.string().exactOptional(),
  toldTo: z.array(z.string()).exactOptional(),
  resolvedAt: ms.exactOptional(),
  ends: z.array(ms).exactOptional(),
  absentSince: ms.exactOptional(),
});

/** Records, so that the compiler notices a name that is missing here. */
const nodeStates: Record<NodeStateName, true> = {
  active: true,
  standby: true,
  'performance-standby': true,
  'dr-secondary': true,
  'ha-unhealthy': true,
  sealed: true,
  uninitialised: true,
  joiner: true,
  removed: true,
  'storage-unavailable': true,
  unreachable: true,
  tls: true,
  odd: true,
};
const changes: Record<Change, true> = {
  fired: true,
  worse: true,
  uncovered: true,
  acknowledged: true,
  reminder: true,
  resolved: true,
  still: true,
};

const facts: z.ZodType<ClusterFacts> = z.looseObject({
  nodes: z.record(
    z.string(),
    z.looseObject({
      state: z.enum(Object.keys(nodeStates) as [NodeStateName, ...NodeStateName[]]),
      since: ms,
      unsealedStart: ms.exactOptional(),
      unsealedConnection: z.looseObject({ id: z.number(), openedAt: ms }).exactOptional(),
      start: ms.exactOptional(),
      restarts: z.array(ms).exactOptional(),
      progress: z.looseObject({ count: z.number(), nonce: z.string(), since: ms }).exactOptional(),
    }),
  ),
  raft: z
    .looseObject({
      at: ms,
      servers: z.array(z.looseObject({ nodeId: z.string(), address: z.string(), voter: z.boolean() })),
    })
    .exactOptional(),
  channels: z
    .record(z.string(), z.looseObject({ since: ms, failure: z.string(), at: ms.exactOptional() }))
    .exactOptional(),
});

export const headSchema: z.ZodType<Head> = z.looseObject({
  cluster: z.string(),
  revision: z.number(),
  facts,
  alerts: z.array(alert),
});

const item = z.looseObject({
  change: z.enum(Object.keys(changes) as [Change, ...Change[]]),
  finding,
  since: ms,
  note: z.string().exactOptional(),
});

const hold = z.looseObject({ cluster: z.string(), by: z.string(), reason: z.string(), until: ms });

const message: z.ZodType<Message> = z.looseObject({
  id: z.string(),
  cluster: z.string(),
  labels: z.record(z.string(), z.string()),
  at: ms,
  kind: z.enum(['alert', 'reminder', 'acknowledged', 'resolved']),
  severity,
  headline: z.string(),
  since: ms,
  changes: z.array(item),
  open: z.array(item),
  hold: hold.exactOptional(),
  insteadOf: z.looseObject({ channel: z.string(), why: z.string(), notBefore: ms }).exactOptional(),
});

const transition: z.ZodType<Transition> = z.looseObject({
  at: ms,
  cluster: z.string(),
  what: z.string(),
  from: z.string(),
  to: z.string(),
});

export const outboxSchema: z.ZodType<OutboxEntry> = z.looseObject({
  id: z.string(),
  effect: z.discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('message'), channel: z.string(), message }),
    z.looseObject({ kind: z.literal('history'), transitions: z.array(transition) }),
  ]),
  createdAt: ms,
  dueAt: ms,
  attempts: z.number(),
  claimedUntil: ms.exactOptional(),
  lastFailure: z.string().exactOptional(),
});

export const failedSchema: z.ZodType<NonNullable<SweepRecord['failed']>> = z.array(
  z.looseObject({ cluster: z.string(), why: z.string() }),
);

export const sweepSchema: z.ZodType<SweepRecord> = z.looseObject({
  id: z.string(),
  startedAt: ms,
  finishedAt: ms.exactOptional(),
  clusters: z.number(),
  nodes: z.number(),
  complete: z.boolean(),
  gap: z.looseObject({ from: ms, to: ms }).exactOptional(),
  failed: failedSchema.exactOptional(),
  lastCompleteAt: ms.exactOptional(),
  firstAt: ms.exactOptional(),
  turn: z.number().exactOptional(),
  plannedAt: ms.exactOptional(),
  fleetHash: z.string().exactOptional(),
});

const share: z.ZodType<Share> = z.union([
  z.looseObject({ only: z.array(z.string()).min(1) }),
  z.looseObject({ from: z.string(), to: z.string().exactOptional(), except: z.array(z.string()) }),
]);

const batchResult: z.ZodType<BatchResult> = z.looseObject({
  finishedAt: ms,
  clusters: z.number(),
  nodes: z.number(),
  failed: failedSchema,
  slow: z.array(z.string()),
  prompt: z.looseObject({ ms: ms, clusters: z.number() }),
  owed: z.array(
    z.looseObject({
      cluster: z.string(),
      channel: z.string(),
      meantFor: z.string(),
      critical: z.boolean(),
      createdAt: ms,
      attempts: z.number(),
      lastFailure: z.string().exactOptional(),
    }),
  ),
  unreadable: z.array(z.looseObject({ partition: z.string(), row: z.string(), why: z.string() })),
  watched: z.array(z.string()).exactOptional(),
});

export const batchSchema: z.ZodType<Batch> = z.looseObject({
  number: z.int().min(0).max(highestBatch),
  share,
  sweep: z.looseObject({
    id: z.string(),
    startedAt: ms,
    before: ms.exactOptional(),
    turn: z.number(),
    settledHash: z.string().exactOptional(),
    fleetHash: z.string().exactOptional(),
  }),
  seenAt: ms.exactOptional(),
  home: z.string().exactOptional(),
  claim: z.looseObject({ by: z.string(), at: ms, until: ms }).exactOptional(),
  result: batchResult.exactOptional(),
  failure: z.string().exactOptional(),
});

/** Columns of people's words are plain, so that a person can read them in the portal; times are DateTime. */
const moment = z.date().transform((date) => date.getTime());

export const quietRow = z.object({
  kind: z.enum(['acknowledge', 'silence']),
  key: z.string().optional(),
  by: z.string(),
  at: moment,
  until: moment,
});

export const holdRow = z.object({ by: z.string(), reason: z.string(), until: moment });
