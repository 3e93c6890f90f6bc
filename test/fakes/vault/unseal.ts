/** sys/init, sys/unseal and sealing. Texts and order of checks: http/sys_seal.go, vault/core.go, and a real server. */
import { join, welcome } from './raft.ts';
import { type Answer, answer, refusal } from './reply.ts';
import {
  type ClusterState,
  derived,
  isAutoUnsealed,
  isJoining,
  type NodeState,
  nodeOf,
  uuid,
  withNode,
  without,
} from './state.ts';
import { sealStatus } from './statuses.ts';

const shortest = 16;
const longest = 33;

export type Result = { state: ClusterState; reply: Answer };

export function initialise(before: ClusterState, node: NodeState, body: unknown, now: number): Result {
  const refuse = (text: string) => ({ state: before, reply: refusal(400, text) });
  if (before.shares.length > 0) return refuse('Vault is already initialized');
  const auto = isAutoUnsealed(before);
  const count = numberIn(body, auto ? 'recovery_shares' : 'secret_shares') ?? before.settings.shares;
  const threshold =
    numberIn(body, auto ? 'recovery_threshold' : 'secret_threshold') ?? before.settings.threshold;
  if (threshold > count || threshold < 1) {
    return refuse('invalid seal configuration: threshold cannot be larger than shares');
  }
  const shares = Array.from({ length: count }, (_, index) => makeShare(before, index));
  const rootToken = `hvs.${derived(before, 'root').toString('base64url').slice(0, 24)}`;
  const settings = { ...before.settings, shares: count, threshold };
  const etcd = settings.storage === 'etcd';
  let state: ClusterState = {
    ...before,
    settings,
    shares: shares.map((share) => share.toString('hex')),
    rootToken,
    tokens: { ...before.tokens, [rootToken]: { may: 'root', ttlSeconds: 0 } },
    peers: etcd ? [] : [{ nodeId: node.nodeId, voter: true, joinedAt: now }],
    index: 30,
    nodes: before.nodes.map((other) =>
      etcd || other.name === node.name ? { ...other, initialised: true } : other,
    ),
  };
  if (auto) state = welcome(withNode(state, node.name, { sealed: false }), node.name, now);
  const keys = shares.map((share) => share.toString('hex'));
  const keys64 = shares.map((share) => share.toString('base64'));
  const reply = answer(200, {
    keys: auto ? [] : keys,
    keys_base64: auto ? [] : keys64,
    ...(auto ? { recovery_keys: keys, recovery_keys_base64: keys64 } : {}),
    root_token: rootToken,
  });
  return { state, reply };
}

export function unseal(before: ClusterState, node: NodeState, body: unknown, now: number): Result {
  const refuse = (status: number, text: string) => ({ state: before, reply: refusal(status, text) });
  const request = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined;
  if (node.removed && before.settings.features.removedStatus) {
    return refuse(500, 'node was removed from a HA cluster');
  }
  if (!request) return refuse(400, 'failed to parse JSON input: invalid character');
  if (request.reset === true) {
    if (!node.sealed) return refuse(400, 'vault is unsealed');
    return withStatus(dropParts(before, node.name), node.name, now);
  }
  if (typeof request.key !== 'string' || request.key === '') {
    return refuse(400, "'key' must be specified in request body as JSON, or 'reset' set to true");
  }
  const key = decode(request.key);
  if (!key) return refuse(400, "'key' must be a valid hex or base64 string");
  const { migrating } = before.seal;
  if (request.migrate === true && !migrating) {
    return refuse(500, "can't perform a seal migration, no migration seal found");
  }
  if (request.migrate !== true && migrating && node.sealed) {
    return refuse(500, 'migrate option not provided and seal migration is pending');
  }
  if (!node.initialised && !isJoining(before, node)) return refuse(400, 'Vault is not initialized');
  if (key.length < shortest) return refuse(400, `invalid key: key is shorter than minimum ${shortest} bytes`);
  if (key.length > longest) return refuse(400, `invalid key: key is longer than maximum ${longest} bytes`);
  if (!node.sealed) return withStatus(before, node.name, now);
  return takeShare(before, node, key.toString('hex'), now);
}

function takeShare(before: ClusterState, node: NodeState, part: string, now: number): Result {
  const set = node.unsealing ?? { nonce: nonceOf(before, node), parts: [] };
  if (set.parts.includes(part)) return withStatus(before, node.name, now);
  const parts = [...set.parts, part];
  const sets = node.unsealing ? node.sets : node.sets + 1;
  if (parts.length < before.settings.threshold) {
    const unsealing = { nonce: set.nonce, parts };
    return withStatus(withNode(before, node.name, { unsealing, sets }), node.name, now);
  }

  const emptied = dropParts(withNode(before, node.name, { sets }), node.name);
  const unusable = uncombinable(parts);
  if (unusable !== undefined) {
    const text = `invalid key: failed to compute combined key: ${unusable}`;
    return { state: emptied, reply: refusal(400, text) };
  }
  const right = parts.every((each) => before.shares.includes(each));
  if (!node.initialised) {
    // A joiner answers before it knows whether the shares were right; wrong ones just leave it sealed.
    const state = right ? join(emptied, node, now) : emptied;
    return withStatus(state, node.name, now);
  }
  if (!right) {
    const text =
      'unable to retrieve stored keys: invalid key: failed to decrypt keys from storage: error decrypting seal ' +
      'wrapped value\nerror decrypting using seal shamir: cipher: message authentication failed';
    return { state: emptied, reply: refusal(400, text) };
  }
  const migrated = before.seal.migrating ? { seal: { ...emptied.seal, migrating: false } } : {};
  const state = withNode({ ...emptied, ...migrated }, node.name, { sealed: false });
  return withStatus(welcome(state, node.name, now), node.name, now);
}

/** Why Shamir's scheme cannot even try. The last byte of a share is its number. Source: shamir/shamir.go. */
function uncombinable(parts: string[]): string | undefined {
  if (new Set(parts.map((part) => part.length)).size > 1) return 'all parts must be the same length';
  if (new Set(parts.map((part) => part.slice(-2))).size < parts.length) return 'duplicate part detected';
  return undefined;
}

/** Ends an unseal set, and with it its nonce. */
export function dropParts(state: ClusterState, name: string): ClusterState {
  return {
    ...state,
    nodes: state.nodes.map((node) => (node.name === name ? without(node, 'unsealing') : node)),
  };
}

function withStatus(state: ClusterState, name: string, now: number): Result {
  const node = nodeOf(state, name);
  if (!node) throw new Error(`no node ${name}`);
  return { state, reply: sealStatus(state, node, now, false) };
}

function decode(text: string): Buffer | undefined {
  if (/^([0-9a-f]{2})+$/i.test(text)) {
    const bytes = Buffer.from(text, 'hex');
    // The same rule as Vault's: base64 that happens to be hex, too, is told apart by its length.
    if (bytes.length >= shortest && bytes.length <= longest) return bytes;
  }
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

function makeShare(state: ClusterState, index: number): Buffer {
  return Buffer.concat([derived(state, 'share', index), Buffer.from([index + 1])]);
}

function nonceOf(state: ClusterState, node: NodeState): string {
  return uuid(derived(state, 'nonce', node.name, node.startedAt, node.sets));
}

function numberIn(body: unknown, field: string): number | undefined {
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined;
  return typeof value === 'number' ? value : undefined;
}
