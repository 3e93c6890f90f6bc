/** Codes that the rotate app's rows are judged for: would a node that restarted right now unseal, and what is done for it? */
import type { CodeEntry } from './entry.ts';

export const ofRotate = {
  'seal-not-ready': {
    severity: 'critical',
    title: 'would not unseal after a restart',
    meaning: 'The cluster serves now; whatever restarts of it stays down, for its seal does not work.',
    advice: 'Restart no node of it, and stop what does. Then mend what the first line names.',
    strikes: { by: ['node-unreachable', 'cluster-down', 'no-leader'], title: 'seal is dead, cannot start' },
    over: 'would unseal after a restart again',
  },
  'seal-provider-down': {
    severity: 'critical',
    title: 'seal provider down',
    meaning: 'The cluster that unseals this one does not serve: nodes that restart meanwhile exit.',
    advice: "Look at the provider's own alerts first; do not restart nodes that depend on it.",
    over: 'seal provider serves again',
  },
  'seal-token-expiring': {
    severity: 'warning',
    title: 'seal token expires',
    meaning: 'When it has ended the cluster serves on, and no node that restarts comes up again.',
    advice: 'Make a new orphan periodic token with the seal policy and put it where the nodes read theirs.',
    over: 'seal token has time again',
  },
  'seal-token-not-periodic': {
    severity: 'warning',
    title: 'seal token will die by itself',
    meaning: 'It dies on a day that nobody chose, renewed or not; after that no node comes up again.',
    advice: 'Replace it by an orphan periodic token without explicit maximum TTL.',
    over: 'seal token is orphan and periodic now',
  },
  'seal-token-too-wide': {
    severity: 'warning',
    title: 'seal credential may do too much',
    meaning:
      'Whoever gets hold of it on one node can do at the provider, or at the key vault, all that it may.',
    advice: 'Give the seal one that may use its key and nothing else; end the wide one when no node uses it.',
    over: 'seal credential may do only what it must',
  },
  'seal-secret-expiring': {
    severity: 'warning',
    title: 'seal credential expires',
    meaning: 'When it is gone the cluster serves on, and a node of it that restarts exits at once.',
    advice: 'Add a new credential to the application, restart the nodes on it, then remove the old one.',
    over: 'seal credential no longer about to expire',
  },
  'seal-key-expiring': {
    severity: 'warning',
    title: 'seal key expires',
    meaning:
      'Key Vault does not wrap with an expired key: restarts unseal still, but nothing new can be sealed.',
    advice: 'Rotate the key, or move its expiry date. Leave the old version enabled.',
    over: 'seal key no longer about to expire',
  },
  'seal-key-version-at-risk': {
    severity: 'warning',
    title: 'seal key at risk',
    meaning: 'One mistaken call could destroy what the cluster is sealed with: it would never unseal again.',
    advice: 'Protect the key; delete, trim, raise or disable nothing of it and its old versions.',
    over: 'seal key no longer at risk',
  },
  'escrow-not-ready': {
    severity: 'critical',
    title: 'escrow would not unseal',
    meaning: 'After a restart recovery could not bring this cluster back: only people with shares could.',
    advice: 'Mend what the first line names while it is up; import the shares again if these are of no use.',
    over: 'escrow would unseal again',
  },
  'readiness-unknown': {
    severity: 'warning',
    title: 'readiness unknown',
    meaning: 'Nobody knows whether a node that restarts now would unseal; nothing says that it would not.',
    advice: 'Give Sealwatch what the first line names, in fleet.yaml or at the deployment.',
    over: 'readiness known again',
  },
  'rotation-approval': {
    severity: 'info',
    title: 'rotation waits for people',
    meaning:
      'Nothing is broken: what nodes read unseals them. The rotation goes no further until people act.',
    advice: 'Do what the first line says, or roll the rotation back.',
    story: true,
    over: 'rotation no longer waits for people',
  },
  'rotation-overdue': {
    severity: 'warning',
    title: 'rotation overdue',
    meaning:
      'What nodes read unseals them. But two credentials live where one should, or its key is not in use.',
    advice: 'Do what the first line waits for, or roll the rotation back.',
    over: 'rotation not overdue any more',
  },
  'rotation-failing': {
    severity: 'warning',
    title: 'rotation fails',
    meaning: 'What nodes read unseals them; the rotation goes no further, and what it replaces grows older.',
    advice: 'Mend what the first line names: it is tried again by itself.',
    over: 'rotation no longer fails',
  },
} as const satisfies Record<string, CodeEntry>;
