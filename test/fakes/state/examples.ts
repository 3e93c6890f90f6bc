/** Builders of stored things: say what a test is about, leave out the rest. */
import type { Alert, Message, Transition } from '../../../shared/alert/alert.ts';
import { finding } from '../../../shared/finding.ts';
import type { NodeFacts } from '../../../shared/probe/head-facts.ts';
import type { Head, OutboxEntry } from '../../../shared/state/ports.ts';

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
