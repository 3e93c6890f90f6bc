/** Inputs of the plan: three nodes, of which each test says what is different. */
import type { Cluster } from '../../shared/fleet/fleet.ts';
import type { Approval } from '../../shared/people/person.ts';
import type { NodeSight, PlanInput, Recovery, StartNote, Trouble } from '../../shared/recovery/recovery.ts';
import type { SealStatus } from '../../shared/vault/answers.ts';
import { file, fleetOf } from '../fleet/builders.ts';

export const now = Date.UTC(2026, 10, 22, 3, 0, 0);
export const minute = 60_000;
/** Start of every process, unless a test says otherwise. */
export const started = now - 600 * minute;
export const nonce = 'f47411a8-cf5b-d566-f6bd-f6c19d0d2b77';
export const strangersNonce = '11111111-cf5b-d566-f6bd-f6c19d0d2b77';

type ClusterOver = Partial<Omit<Cluster, 'recovery'>> & { recovery?: Partial<Cluster['recovery']> };

export function cluster({ recovery, ...over }: ClusterOver = {}): Cluster {
  const [parsed] = fleetOf(file()).clusters;
  if (!parsed) throw new Error('a fleet without clusters');
  return {
    ...parsed,
    nodes: [1, 2, 3].map((n) => ({ name: `vault-${n}`, address: addressOf(n), nodeId: `raft-${n}` })),
    expect: { storage: 'raft' },
    ...over,
    recovery: {
      policy: 'automatic',
      approvals: 1,
      attempts: 3,
      attemptWindowMs: 60 * minute,
      nodeUnseals: 5,
      foreignProgress: { afterMs: 2 * minute, then: 'report' },
      ...recovery,
    },
  };
}

export function addressOf(n: number): string {
  return `https://vault-${n}.test:8200`;
}

export function recovery(over: Partial<Recovery> = {}): Recovery {
  return {
    id: 'payments.r1',
    cluster: 'payments',
    kind: 'unseal',
    way: 'automatic',
    by: 'app:recover',
    byName: 'Sealwatch',
    reason: 'cluster-sealed',
    requestedAt: now - minute,
    dryRun: false,
    lost: [],
    fleetEntry: 'entry-a',
    status: 'open',
    passes: 1,
    intents: [],
    troubles: [],
    unsealed: [],
    ...over,
  };
}

export function sealStatus(over: Partial<SealStatus> = {}): SealStatus {
  return {
    type: 'shamir',
    initialized: true,
    sealed: true,
    t: 3,
    n: 5,
    progress: 0,
    nonce: '',
    migration: false,
    recovery_seal: false,
    storage_type: 'raft',
    ...over,
  };
}

type Word =
  | 'active'
  | 'standby'
  | 'leaderless'
  | 'sealed'
  | 'joiner'
  | 'uninitialised'
  | 'removed'
  | 'storage'
  | 'away';

export function sight(n: number, word: Word, over: Partial<NodeSight> = {}): NodeSight {
  return { node: `vault-${n}`, address: addressOf(n), state: stateOf(word, n), ...over };
}

function stateOf(word: Word, n: number): NodeSight['state'] {
  switch (word) {
    case 'active':
    case 'standby':
      return { kind: 'serving', role: word };
    case 'sealed':
      return { kind: 'sealed', seal: sealStatus() };
    case 'storage':
      return { kind: 'storage-unavailable' };
    case 'away': {
      const message = `[GET] ${addressOf(n)}/v1/sys/health: connection refused`;
      return { kind: 'unreachable', error: { code: 'refused', message, recoverable: true } };
    }
    default:
      return { kind: word };
  }
}

export function sights(...words: Word[]): NodeSight[] {
  return words.map((word, index) => sight(index + 1, word));
}

/** Sealed, and its process started a minute ago: `notes()` prove the restart. */
export function restarted(n: number, seal: Partial<SealStatus> = {}): NodeSight {
  return sight(n, 'sealed', { state: { kind: 'sealed', seal: sealStatus(seal) }, start: now - minute });
}

/** Sealed in the process that `notes()` knows. */
export function inProcess(n: number): NodeSight {
  return sight(n, 'sealed', { start: started + 400 });
}

/** Of each node, unsealed five minutes ago. */
export function notes(): StartNote[] {
  return [1, 2, 3].map((n) => ({
    cluster: 'payments',
    node: `vault-${n}`,
    start: started,
    at: now - 5 * minute,
  }));
}

type Ready = Extract<PlanInput['generation'], { state: 'ready' }>;

export function generation(over: Partial<Ready> = {}): Ready {
  return {
    state: 'ready',
    row: {
      cluster: 'payments',
      generation: 2,
      revision: 1,
      digest: 'd',
      acceptedAt: now - 9000 * minute,
      acceptedBy: 'local/ada',
    },
    threshold: 3,
    count: 5,
    kind: 'unseal',
    trustChanged: [],
    ...over,
  };
}

/** Everything allows an automatic recovery. */
export function input(over: Partial<PlanInput> = {}): PlanInput {
  return {
    cluster: cluster(),
    fleetEntry: 'entry-a',
    recovery: recovery(),
    nodes: [1, 2, 3].map((n) => restarted(n)),
    notes: notes(),
    disproofs: [],
    generation: generation(),
    approvals: [],
    budget: { failed: 0, allowed: 3, unseals: {}, allowedUnseals: 5 },
    now,
    ...over,
  };
}

export function approval(
  by: string,
  over: Partial<Omit<Approval, 'binding'>> & { binding?: Partial<Approval['binding']> } = {},
): Approval {
  const { binding, ...rest } = over;
  return {
    by,
    name: by,
    at: now - 2 * minute,
    expiresAt: now + 58 * minute,
    ...rest,
    binding: {
      recovery: 'payments.r1',
      cluster: 'payments',
      steps: ['await-joiner', 'await-leader', 'unseal-node', 'verify'],
      fleetEntry: 'entry-a',
      generation: { generation: 2, revision: 1 },
      ...binding,
    },
  };
}

/** What our set to a node left in the row: intents 1 to `positions`, under the nonce from the second on. */
export function intents(n: number, positions: number, at = now - 1000): Recovery['intents'] {
  return Array.from({ length: positions }, (_, index) => ({
    pass: 1,
    node: `vault-${n}`,
    generation: 2,
    revision: 1,
    index: index + 1,
    position: index + 1,
    at,
    ...(index > 0 && { nonce }),
  }));
}

export function trouble(n: number, code: Trouble['code'], at = now - 900): Trouble {
  return { at, code, where: `vault-${n}`, message: 'as told' };
}

export const hold = {
  cluster: 'payments',
  by: 'Ada',
  reason: 'disk is being moved',
  until: now + 60 * minute,
};

export const raft = {
  at: now - 30 * minute,
  servers: [1, 2, 3].map((n) => ({ nodeId: `raft-${n}`, address: `10.0.0.${n}:8201`, voter: true })),
};

/** Asked for by Ada. */
export const manual = recovery({ way: 'manual', by: 'tid/ada', byName: 'Ada' });

/** `since` of a row: what it waits for has held for so long. */
export function waited(key: string, ms: number): Record<string, number> {
  return { [key]: now - ms };
}
