/** Builders of stored things: say what a test is about, leave out the rest. */
import type { Alert, Message, Transition } from '../../../shared/alert/alert.ts';
import { finding } from '../../../shared/finding.ts';
import type { NodeFacts } from '../../../shared/probe/head-facts.ts';
import type { ClusterObservation } from '../../../shared/probe/observation.ts';
import type { Batch, BatchResult, Head, OutboxEntry, Owed } from '../../../shared/state/ports.ts';

const noon = Date.UTC(2026, 10, 22, 12);

export function aHead(over: Partial<Head> = {}): Head {
  const node = { state: 'active', since: noon, restarts: [noon - 5] } satisfies NodeFacts;
  return { cluster: 'payments', revision: 1, facts: { nodes: { 'vault-0': node } }, alerts: [], ...over };
}

export function anAlert(over: Partial<Alert> = {}): Alert {
  const subject = { kind: 'node', name: 'vault-1' } as const;
  return {
    key: 'node-sealed node:vault-1',
    status: 'firing',
    finding: finding('node-sealed', subject, 'vault-1 is sealed (0 of 3 shares)', [
      'sys/health answered 503',
    ]),
    since: noon,
    told: true,
    ...over,
  };
}

export function aMessage(over: Partial<Message> = {}): Message {
  return {
    id: 'message-1',
    cluster: 'payments',
    labels: { team: 'core' },
    at: noon,
    kind: 'alert',
    severity: 'critical',
    headline: 'payments: node sealed: vault-1',
    since: noon,
    changes: [{ change: 'fired', finding: anAlert().finding, since: noon }],
    open: [],
    ...over,
  };
}

export function anEntry(over: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    id: '00000001-a-chat',
    effect: { kind: 'message', channel: 'chat', message: aMessage() },
    createdAt: noon,
    dueAt: noon,
    attempts: 0,
    ...over,
  };
}

export function aTransition(over: Partial<Transition> = {}): Transition {
  return { at: noon, cluster: 'payments', what: 'node:vault-1', from: 'standby', to: 'sealed', ...over };
}

export function aBatch(over: Partial<Batch> = {}): Batch {
  return {
    number: 0,
    share: { from: '', except: [] },
    sweep: { id: 'sweep-1', startedAt: noon, turn: 1 },
    ...over,
  };
}

export function aBatchResult(over: Partial<BatchResult> = {}): BatchResult {
  const prompt = { ms: 900, clusters: 2 };
  return {
    finishedAt: noon + 1000,
    clusters: 2,
    nodes: 6,
    failed: [],
    slow: [],
    prompt,
    owed: [],
    unreadable: [],
    ...over,
  };
}

export function anOwed(over: Partial<Owed> = {}): Owed {
  const owed = { cluster: 'payments', channel: 'chat', meantFor: 'chat', critical: false, attempts: 1 };
  return { ...owed, createdAt: noon, ...over };
}

export function anObservation(over: Partial<ClusterObservation> = {}): ClusterObservation {
  const raft = { read: false, why: 'no-login' } as const;
  return { cluster: 'payments', startedAt: noon, finishedAt: noon + 3, nodes: [], raft, ...over };
}
