/** Codes that a probe of a cluster is judged for. */
import type { CodeEntry } from './entry.ts';

export const ofProbe = {
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
} as const satisfies Record<string, CodeEntry>;
