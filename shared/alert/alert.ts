/** The life of a finding, and the message that tells of it. */
import type { Finding, Severity } from '../finding.ts';

export type AlertStatus = 'pending' | 'firing' | 'acknowledged' | 'silenced';

/**
 * One alert of a cluster, as kept in its head. Resolved ones are gone from the head, but for `resolvedAt`: with
 * `told` the end is still to be told; without, nothing is, and only its `ends` are remembered for a while.
 */
export interface Alert {
  /** findingKey(code, subject). */
  key: string;
  status: AlertStatus;
  /** The finding as last told or, while pending, as first seen: small, no measurements. */
  finding: Finding;
  /** First seen present, ms. */
  since: number;
  firedAt?: number;
  /** Last time a message named it, ms. */
  toldAt?: number;
  /** Severity that was told. */
  toldSeverity?: Severity;
  /** Told on its own, not only under a headline: it must be told when it resolves. */
  told: boolean;
  /** Names of the channels that it was told to: whoever heard of it hears its end. */
  toldTo?: string[];
  acknowledgedBy?: string;
  /**
   * Over since then, ms, while its headline stands: no longer open, kept only until the next message of the
   * cluster can tell that it resolved.
   */
  resolvedAt?: number;
  /** When alerts of this key ended before it, ms: what comes and goes too often is held open. */
  ends?: number[];
  /** Absent since then, ms, while it is held open. */
  absentSince?: number;
}

/** An acknowledgement or silence: a person's word about one alert or, without a key, about the whole cluster. */
export interface Quiet {
  kind: 'acknowledge' | 'silence';
  cluster: string;
  /** findingKey; undefined: every alert of the cluster. */
  key?: string;
  by: string;
  /** ms. */
  at: number;
  until: number;
}

/** A person's word that automation leaves a cluster alone. It blocks no alert; messages say that it stands. */
export interface Hold {
  cluster: string;
  by: string;
  reason: string;
  until: number;
}

export type Change = 'fired' | 'worse' | 'uncovered' | 'acknowledged' | 'reminder' | 'resolved' | 'still';

export interface MessageItem {
  change: Change;
  finding: Finding;
  /** Since when the finding is present, ms. */
  since: number;
  /** What else a reader must know: why it counts as over, who acknowledged it, that it cannot be judged now. */
  note?: string;
}

/** One message of one cluster and one sweep. Data: each channel renders it. */
export interface Message {
  /** Stable over retries and restarts; receivers may drop a second one. */
  id: string;
  /** Cluster name, or "fleet". */
  cluster: string;
  labels: Record<string, string>;
  /** ms. */
  at: number;
  kind: 'alert' | 'reminder' | 'acknowledged' | 'resolved';
  /** The worst of what changed or is open. */
  severity: Severity;
  /** One line, names the cluster: "payments: cluster sealed: vault-0, vault-1, vault-2". */
  headline: string;
  /** The headline's own beginning, ms. */
  since: number;
  /** What changed in this sweep, worst first. */
  changes: MessageItem[];
  /** What is open besides, worst first. */
  open: MessageItem[];
  hold?: Hold;
  /** Set while a fallback takes this message for the channel it was meant for. */
  insteadOf?: {
    channel: string;
    /** Why that channel could not take it: closed reason and detail of a Delivery. */
    why: string;
    /** When that channel may be asked again, ms. */
    notBefore: number;
  };
}

/** One line of the cluster's history: availability comes from these. */
export interface Transition {
  at: number;
  cluster: string;
  /** Alert key, or "node:<name>". */
  what: string;
  from: string;
  to: string;
}
