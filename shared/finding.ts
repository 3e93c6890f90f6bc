/**
 * The vocabulary every room speaks: what can be found, how bad it is, and what is said about it.
 *
 * To add a code: an entry here, a judge in shared/probe/assess/ (or in the room that finds it), a page in
 * docs/runbooks/, and golden scenarios: one that fires and one near miss.
 */

export type Severity = 'critical' | 'warning' | 'info';

/** What every finding of a code has in common. Plain text; channels escape it. */
interface CodeEntry {
  severity: Severity;
  /** A few words, for headlines: "<cluster>: <title>". */
  title: string;
  /** What it means for the people who use the cluster. */
  meaning: string;
  /** The first thing to do. */
  advice: string;
  /** Told at once, whatever fleet.yaml says that its severity has to wait. */
  immediate?: boolean;
  /** A story: its summary is the headline, and is told again when it says something else. */
  story?: boolean;
  /** What its end is called, where "recovered: <title>" would not be true or tell nothing. */
  over?: string;
}

export const catalogue = {
  'node-unreachable': {
    severity: 'warning',
    title: 'node does not answer',
    meaning: 'Requests sent to this node fail; the cluster has one node less to lose.',
    advice: 'Look at the machine or pod: is it running, and is the listener reachable from here?',
  },
  'node-tls': {
    severity: 'warning',
    title: 'node fails TLS',
    meaning: 'Clients that verify certificates cannot use this node.',
    advice: 'Compare the certificate that the node presents with the CA, name and pins in fleet.yaml.',
  },
  'node-restarting': {
    severity: 'info',
    title: 'node restarted',
    meaning: 'Connections to this node were cut; a Shamir node comes back sealed.',
    advice: 'One restart needs nothing. If it repeats, read the end of the server log on that node.',
  },
  'node-sealed': {
    severity: 'critical',
    title: 'node sealed',
    meaning: 'This node serves nothing and stays so until somebody unseals it.',
    advice: 'Find out whether it was sealed on purpose; if not, unseal it with a threshold of shares.',
  },
  'node-uninitialised': {
    severity: 'warning',
    title: 'node uninitialised',
    meaning: 'This node has no data: it never joined, or its storage was lost.',
    advice: 'Do not run init on it. Check its retry_join and its storage; it should join its cluster.',
  },
  'node-removed': {
    severity: 'warning',
    title: 'node removed from raft',
    meaning: 'This node was taken out of the raft cluster; unsealing cannot bring it back.',
    advice: 'If it should be a member: stop it, wipe its raft data, start it and let it join again.',
  },
  'node-ha-unhealthy': {
    severity: 'warning',
    title: 'standby lost its active node',
    meaning: 'This standby cannot forward requests to an active node.',
    advice: 'Look at the active node first: restarting a healthy standby does not help.',
  },
  'cluster-sealed': {
    severity: 'critical',
    title: 'cluster sealed',
    meaning: 'Nothing that needs a secret from this cluster works.',
    advice: 'Unseal a quorum of nodes with a threshold of shares, starting with the most recently active.',
  },
  'cluster-down': {
    severity: 'critical',
    title: 'cluster down',
    meaning: 'No node of this cluster can be used: nothing that needs a secret from it works.',
    advice: 'Look for what the nodes share: network, DNS, certificate, host, storage, seal provider.',
  },
  'no-leader': {
    severity: 'critical',
    title: 'no active node',
    meaning: 'Reads and writes fail: nodes are up, but none is active.',
    advice: 'Bring back enough nodes for a quorum; the survivors elect a leader by themselves.',
  },
  'split-brain': {
    severity: 'critical',
    title: 'split brain',
    meaning: 'Two nodes answer as active or belong to different clusters: clients see different data.',
    advice:
      'Check that all addresses belong to one cluster, and take the wrong node out of the load balancer.',
  },
  'raft-unhealthy': {
    severity: 'warning',
    title: 'raft unhealthy',
    meaning: 'Autopilot calls the raft cluster unhealthy; it still serves.',
    advice: 'See which server autopilot calls unhealthy and look at that node.',
  },
  'raft-peer-dead': {
    severity: 'warning',
    title: 'raft peer dead',
    meaning: 'A member that counts in the quorum has been out of contact.',
    advice:
      'Bring the node back, or remove the peer if it is gone for good: until then it counts in the quorum.',
  },
  'raft-peer-lagging': {
    severity: 'warning',
    title: 'raft peer lagging',
    meaning: 'A member is behind: if the leader fails now, this peer cannot help.',
    advice: 'Check disk latency and network between that node and the leader.',
  },
  'raft-peer-unknown': {
    severity: 'warning',
    title: 'unknown raft peer',
    meaning: 'A member of the raft cluster is not in fleet.yaml: nobody watches it, and it holds the data.',
    advice: 'Add the node to fleet.yaml, or remove the peer if it should not be there.',
  },
  'raft-peer-missing': {
    severity: 'warning',
    title: 'raft peer missing',
    meaning: 'A node of fleet.yaml is not a member of the raft cluster: it adds no safety.',
    advice: 'If it should be a member, wipe its raft data and let it join again.',
  },
  'raft-tolerance-lost': {
    severity: 'warning',
    title: 'failure tolerance lost',
    meaning: 'One more failed node stops the whole cluster.',
    advice: 'Bring the failed voter back before any restart, upgrade or drain.',
  },
  'autopilot-cleanup-off': {
    severity: 'info',
    title: 'dead peers are never removed',
    meaning: 'Members that are gone for good keep counting in the quorum.',
    advice: 'Turn on cleanup_dead_servers with min_quorum at the number of expected voters.',
  },
  'autopilot-cleanup-too-eager': {
    severity: 'warning',
    title: 'dead peers are removed too soon',
    meaning: 'A reboot can cost a member its place; its data must then be wiped.',
    advice: 'Raise dead_server_last_contact_threshold well above the longest reboot; the default is 24h.',
  },
  'storage-unavailable': {
    severity: 'critical',
    title: 'storage unavailable',
    meaning: 'The nodes run but cannot reach their storage: requests fail.',
    advice: 'Look at the storage backend (etcd, Consul, disk). Do not unseal and do not restart the nodes.',
  },
  'unseal-in-progress': {
    severity: 'info',
    title: 'unseal in progress',
    meaning: 'Somebody has begun to unseal this node and not finished.',
    advice: 'Ask who is unsealing. Shares of two people sent at the same time spoil each other.',
  },
  'seal-migration': {
    severity: 'info',
    title: 'seal migration in progress',
    meaning: 'This node is moving to another seal: unsealing needs the migrate flag.',
    advice: 'Let the person who migrates finish: standbys first, the active node last.',
  },
  'seal-backend-unhealthy': {
    severity: 'warning',
    title: 'seal backend unhealthy',
    meaning: 'The cluster serves, but cannot reach what unseals it: a restart now would not come back.',
    advice: 'Do not restart any node. Check the seal provider, its key and the credential for it.',
  },
  'version-skew': {
    severity: 'info',
    title: 'versions differ',
    meaning: 'Nodes run different versions, or not the expected one.',
    advice: 'Finish the upgrade, or set expect.version in fleet.yaml to what should run.',
  },
  'certificate-expiring': {
    severity: 'warning',
    title: 'certificate expiring',
    meaning: 'When it expires, every client that verifies certificates is cut off.',
    advice: 'Renew the certificate and reload the listener (SIGHUP).',
  },
  'probe-denied': {
    severity: 'warning',
    title: 'probe may not read raft state',
    meaning: 'Dead peers, lost tolerance and lagging members of this cluster go unseen.',
    advice: 'Give the probe the missing policy line, or mend its login.',
  },
  'recovery-running': {
    severity: 'info',
    title: 'recovery under way',
    meaning: 'Sealwatch is bringing this cluster back; sending shares by hand now would disturb it.',
    advice: 'Leave the nodes alone and watch. To stop it, reject the recovery or set a hold.',
    immediate: true,
    story: true,
    over: 'recovery ended',
  },
  'recovery-needs-approval': {
    severity: 'critical',
    title: 'recovery waits for approval',
    meaning: 'Nothing proves that unsealing is wanted: the cluster stays as it is until people decide.',
    advice: 'Find out whether it was sealed on purpose; then approve or reject the recovery.',
    immediate: true,
    story: true,
    over: 'approval is no longer waited for',
  },
  'recovery-stopped': {
    severity: 'critical',
    title: 'recovery stopped',
    meaning:
      'Sealwatch cannot bring this cluster back by itself any further: it stays down until people act.',
    advice: 'Do what the first line says; then request a new recovery, or unseal by hand.',
    immediate: true,
    story: true,
    over: 'recovery no longer needed',
  },
  'unseal-interference': {
    severity: 'critical',
    title: 'unseal interference',
    meaning: 'Somebody else sends shares to these nodes: each attempt spoils the other, or is meant to.',
    advice: 'Ask who is unsealing. If nobody is, find out who can reach the API port and cut them off.',
    immediate: true,
    over: 'no more unseal interference',
  },
  'escrow-unproven': {
    severity: 'info',
    title: 'escrow unproven',
    meaning: 'No node was ever unsealed with these shares: nobody knows that they are the right ones.',
    advice: 'Restart one standby on a quiet day and let a recovery unseal it.',
    over: 'escrow proven',
  },
  'escrow-single-point': {
    severity: 'warning',
    title: 'escrow depends on one custodian',
    meaning: 'If that one Key Vault or key is lost, too few shares are left to unseal.',
    advice: 'Spread the shares so that losing any one custodian leaves the threshold; import again.',
    over: 'escrow depends on no single custodian',
  },
  'escrow-trust-changed': {
    severity: 'warning',
    title: 'escrow does not match fleet.yaml',
    meaning: 'Addresses, CA, name or pins differ from those that the shares are bound to: recovery refuses.',
    advice: 'Find out who changed fleet.yaml and why; if it is right, request a rebind and have it approved.',
    over: 'escrow matches fleet.yaml again',
  },
  'escrow-unavailable': {
    severity: 'warning',
    title: 'escrow custodian unavailable',
    meaning: 'Shares that this custodian wraps could not be opened if the cluster went down now.',
    advice:
      "Look at the key: is it enabled, is the vault reachable, and may the recover app's identity use it?",
    over: 'escrow custodians available again',
  },
  'escrow-bad': {
    severity: 'critical',
    title: 'escrow is bad',
    meaning: 'The escrowed shares do not unseal this cluster: if it goes down, only other holders can help.',
    advice: 'Import the right shares now, while the cluster is up. Was it rekeyed since the last import?',
    over: 'escrow is good again',
  },
  'escrow-missing': {
    severity: 'warning',
    title: 'escrow missing',
    meaning: 'fleet.yaml says that shares are escrowed, and none were accepted: recovery cannot unseal.',
    advice: 'Run sealwatch escrow import for this cluster, or take escrow and automatic recovery out.',
    over: 'escrow in place',
  },
  'fleet-config-invalid': {
    severity: 'warning',
    title: 'fleet.yaml is invalid',
    meaning: 'The last good configuration stays in force; what was meant to change is not watched.',
    advice: 'Mend the lines named here; the next sweep picks the file up.',
  },
  'sweep-gap': {
    severity: 'warning',
    title: 'not watched',
    meaning: 'Nobody watched: what happened in that time was not seen when it happened.',
    advice:
      'Look at the function app: restarts, deployments, a timer that stopped, a sweep over its deadline.',
  },
  'alert-undeliverable': {
    severity: 'warning',
    title: 'alerts cannot be delivered',
    meaning: 'Messages for this channel are kept, and sent to its fallback if it has one.',
    advice: 'Check the webhook: was it deleted or renamed, or does the receiver refuse?',
  },
} as const satisfies Record<string, CodeEntry>;

export type FindingCode = keyof typeof catalogue;

/** What a finding is about. `name` is the node's name, the raft node id, or the channel's name. */
export type Subject =
  | { kind: 'cluster' }
  | { kind: 'node'; name: string }
  | { kind: 'peer'; name: string }
  | { kind: 'fleet' }
  /** A cluster as the fleet sees it: one that a sweep could not finish. */
  | { kind: 'unwatched'; name: string }
  | { kind: 'channel'; name: string };

export interface Finding {
  code: FindingCode;
  severity: Severity;
  subject: Subject;
  /** One line that names the subject: "vault-1 is sealed (0 of 3 shares)". May hold text from servers. */
  summary: string;
  /** Facts that a person can check, one a line, the most telling first. May hold text from servers. */
  evidence: string[];
  meaning: string;
  advice: string;
  /** Path of the page under docs/runbooks/, e.g. "node-sealed". */
  runbook: string;
  /** The headline of the same cluster that already says this: one cause, one headline. */
  under?: FindingCode;
}

/** What a judge says of one (code, subject). Only `absent` resolves an alert. */
export type Verdict =
  | { state: 'present'; finding: Finding }
  /** `how`: how it ended, where that is part of the story: "done after 42 s: 3 of 3 nodes serving". */
  | { state: 'absent'; how?: string }
  | { state: 'unjudged'; why: string };

/**
 * All that was judged of one cluster (or of the fleet) at one time. Total: `verdictOf` answers for every
 * (code, subject); what is not listed follows its code's default, and a code without one is unjudged.
 */
export interface Assessment {
  verdicts: { code: FindingCode; subject: Subject; verdict: Verdict }[];
  defaults: Partial<
    Record<FindingCode, { state: 'absent'; how?: string } | { state: 'unjudged'; why: string }>
  >;
}

/** What a code's entry says besides what it must. */
export function entryOf(code: FindingCode): Readonly<CodeEntry> {
  return catalogue[code];
}

/** Stable key of a (code, subject) inside a cluster: "node-sealed node:vault-1". */
export function findingKey(code: FindingCode, subject: Subject): string {
  return 'name' in subject ? `${code} ${subject.kind}:${subject.name}` : `${code} ${subject.kind}`;
}

/** The verdict of one (code, subject), defaults applied. */
export function verdictOf(assessment: Assessment, code: FindingCode, subject: Subject): Verdict {
  const key = findingKey(code, subject);
  const listed = assessment.verdicts.find((entry) => findingKey(entry.code, entry.subject) === key);
  if (listed) return listed.verdict;
  return assessment.defaults[code] ?? { state: 'unjudged', why: 'not assessed' };
}

/** A finding with its code's texts filled in; `severity`, `meaning` and `advice` may be overridden. */
export function finding(
  code: FindingCode,
  subject: Subject,
  summary: string,
  evidence: string[],
  over: Partial<Pick<Finding, 'severity' | 'meaning' | 'advice' | 'under'>> = {},
): Finding {
  const { severity, meaning, advice } = catalogue[code];
  return { code, severity, subject, summary, evidence, meaning, advice, runbook: code, ...over };
}
