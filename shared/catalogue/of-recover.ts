/** Codes that the recover app's rows are judged for. */
import type { CodeEntry } from './entry.ts';

export const ofRecover = {
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
    over: 'recovery no longer waits for approval',
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
} as const satisfies Record<string, CodeEntry>;
