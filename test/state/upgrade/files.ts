/** Examples of what is stored as text: the envelopes of a generation (blob and export), and the journal of break-glass. */
import type { Envelope, Generation } from '../../../shared/escrow/generation.ts';
import type { JournalEntry } from '../../../shared/work/break-glass/journal.ts';
import {
  aFullRecovery,
  aGenerationRow,
  anAuditEntry,
  aRecovery,
  noon,
} from '../../fakes/state/recover-examples.ts';

const base64 = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64');
const sealed = { custodian: 'first', iv: base64(12), ciphertext: base64(33), tag: base64(16) };
const byVault: Envelope = {
  ...sealed,
  index: 1,
  wrap: 'RSA-OAEP-256',
  keyId: 'https://custodian.vault.azure.net/keys/shares/0123456789abcdef',
  wrappedKey: base64(384),
};
const byPassphrase: Envelope = {
  ...sealed,
  index: 2,
  wrap: 'scrypt-A256GCM',
  keyId: 'local:first',
  wrappedKey: base64(76),
};

/** As `sealwatch escrow export` writes it, too. */
export function aGeneration(fields: 'least' | 'most'): string {
  const trust: Generation['trust'] = { addresses: ['https://vault-0.example.com:8200'], ca: [], pins: [] };
  const most: Generation['trust'] = {
    ...trust,
    serverName: 'vault.example.com',
    ca: [base64(64)],
    pins: [base64(32)],
    recovery: { policy: 'automatic', approvals: 2, unknownSealCause: 'approval' },
  };
  const generation: Generation = {
    schema: 1,
    cluster: 'payments',
    generation: 1,
    revision: 3,
    kind: 'unseal',
    threshold: 2,
    count: 2,
    trust: fields === 'least' ? trust : most,
    createdAt: noon,
    createdBy: 'tenant/alice',
    envelopes: [byVault, byPassphrase],
  };
  return JSON.stringify(generation);
}

/** One entry of each kind. @param version of its run; files of before have none. */
export function journalLines(version: { v?: number } = {}): string {
  const [intent] = aFullRecovery().intents;
  const entries: JournalEntry[] = [
    { kind: 'run', ...version, id: 'run-1', host: 'laptop', pid: 7, cluster: 'payments', at: noon },
    { kind: 'recovery', value: aRecovery({ way: 'break-glass' }) },
    { kind: 'recovery', value: aFullRecovery() },
    { kind: 'generation', value: aGenerationRow() },
    { kind: 'intents', value: intent ? [intent] : [] },
    { kind: 'held', value: [{ node: 'vault-0', nonce: 'n', progress: 1, given: [1] }] },
    { kind: 'audit', value: anAuditEntry() },
    { kind: 'run-ended', id: 'run-1', at: noon },
  ];
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}
