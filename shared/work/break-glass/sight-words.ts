/** What is seen and known, as lines for a person. */
import { holdingsOf } from '../../escrow/distribution.ts';
import { fingerprint } from '../../escrow/trust.ts';
import type { NodeSight, Step } from '../../recovery/recovery.ts';
import type { Glass } from './deps.ts';

export function sightLine({ node, address, state }: NodeSight): string {
  return `  ${node}  ${address}  ${stateWords(state)}`;
}

function stateWords(state: NodeSight['state']): string {
  switch (state.kind) {
    case 'serving':
      return state.role === 'other' ? 'serves' : `serves as ${state.role}`;
    case 'leaderless':
      return 'unsealed, and knows no active node';
    case 'sealed':
      return sealedWords(state.seal);
    case 'joiner':
      return 'has no data yet and waits to join';
    case 'uninitialised':
      return 'has no data';
    case 'removed':
      return 'was removed from raft';
    case 'storage-unavailable':
      return 'cannot read its storage';
    case 'unreachable':
      return `not reached (${state.error.code}): ${state.error.message}`;
  }
}

function sealedWords({
  type,
  progress,
  t,
  nonce = '',
}: {
  type: string;
  progress: number;
  t: number;
  nonce?: string | undefined;
}): string {
  if (type !== 'shamir') return `sealed by ${/^[\w-]{1,40}$/.test(type) ? type : 'another seal'}`;
  const under = progress > 0 && /^[0-9a-f-]{8,40}$/i.test(nonce) ? ` under nonce ${nonce}` : '';
  return `sealed, holds ${progress} of ${t} shares${under}`;
}

export function stepWords(step: Step): string {
  switch (step.kind) {
    case 'unseal-node':
      return `unseal ${step.node} at ${step.address}${step.reset ? ', after it forgot what it holds' : ''}`;
    case 'await-joiner':
      return `wait for ${step.node} to join`;
    case 'await-restart':
      return `wait for ${step.node} to come back`;
    case 'await-leader':
      return 'wait for a leader';
    case 'await-storage':
      return 'wait for the storage';
    case 'verify':
      return 'wait until every node found the active one';
  }
}

/** What shares would be opened by whom, and where they would go. */
export function trustLines({ envelopes, cluster }: Pick<Glass, 'envelopes' | 'cluster'>): string[] {
  const { generation } = envelopes;
  const { trust, threshold, count, createdAt, createdBy } = generation;
  const made = new Date(createdAt).toISOString();
  return [
    `Envelopes: generation ${generation.generation}.${generation.revision} of ${generation.cluster}, ${threshold} of ${count} shares open it; made ${made} by ${createdBy}.`,
    `Shares go to: ${trust.addresses.join(', ')}`,
    `  and only there; ${
      trust.ca.length > 0
        ? `signed by ${trust.ca.map((der) => `CA ${fingerprint(der)}`).join(', ')}`
        : "signed by any of the system's roots"
    }${trust.serverName === undefined ? '' : `, as ${trust.serverName}`}${
      trust.pins.length > 0 ? `, with one of ${trust.pins.length} pinned keys` : ''
    }.`,
    ...holdingsOf(generation.envelopes).map(({ name, shares }) => {
      const entry = cluster.escrow.custodians.find((custodian) => custodian.name === name);
      const key = entry ? (entry.key ?? 'a passphrase') : 'not in fleet.yaml';
      const owner = entry?.owner === undefined ? '' : `, of ${entry.owner}`;
      return `Custodian ${name}: ${key}${owner}; shares ${shares.join(', ')}.`;
    }),
  ];
}
