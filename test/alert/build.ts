/** Builders: what a test does not name is plain and harmless. */
import type { Message, MessageItem } from '../../shared/alert/alert.ts';
import { type Finding, finding, type Subject } from '../../shared/finding.ts';
import type { AlertSettings } from '../../shared/fleet/fleet.ts';

/** 2026-03-01 02:14 UTC. */
export const night = Date.UTC(2026, 2, 1, 2, 14);
export const runbookBase = 'https://git.example.com/sealwatch/docs/runbooks';

export const settings: AlertSettings = {
  pendingMs: { critical: 0, warning: 60_000, info: 300_000 },
  reminderMs: { critical: 3_600_000, warning: 4 * 3_600_000, info: 0 },
};

export const node = (name: string): Subject => ({ kind: 'node', name });
export const cluster: Subject = { kind: 'cluster' };

export function sealed(name: string, over: Partial<Finding> = {}): Finding {
  const summary = `${name} is sealed (0 of 3 shares)`;
  return {
    ...finding('node-sealed', node(name), summary, ['sys/health answered 503, sealed: true']),
    ...over,
  };
}

export function clusterSealed(names: string[]): Finding {
  return finding('cluster-sealed', cluster, `all ${names.length} nodes are sealed`, names);
}

export function certificate(name: string, severity: 'warning' | 'critical' = 'warning'): Finding {
  const summary = `the certificate of ${name} ends on 2026-03-15`;
  return finding('certificate-expiring', node(name), summary, ['notAfter 2026-03-15 00:00 UTC'], {
    severity,
  });
}

export function item(over: Partial<MessageItem> = {}): MessageItem {
  return { change: 'fired', finding: sealed('vault-1'), since: night, ...over };
}

export function message(over: Partial<Message> = {}): Message {
  return {
    id: 'payments-42',
    cluster: 'payments',
    labels: { env: 'prod' },
    at: night + 180_000,
    kind: 'alert',
    severity: 'critical',
    headline: 'payments: node sealed: vault-1',
    since: night,
    changes: [item()],
    open: [],
    ...over,
  };
}
