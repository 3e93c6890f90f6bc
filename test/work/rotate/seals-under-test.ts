/** The rotate app's readiness over a fleet whose providers answer as each test says. */
import type { Cluster } from '../../../shared/fleet/fleet.ts';
import { createLog } from '../../../shared/log/log.ts';
import type { Given } from '../../../shared/readiness/exercise/transit.ts';
import type { Readiness } from '../../../shared/readiness/readiness.ts';
import type { Answer } from '../../../shared/vault/answer.ts';
import type { TransitClient } from '../../../shared/vault/transit-client.ts';
import type { RotateDeps, TransitAccess } from '../../../shared/work/rotate/deps.ts';
import { ManualClock } from '../../fakes/clock.ts';
import { type MemoryRotateState, memoryRotateState } from '../../fakes/state/rotate-memory.ts';
import { fleetOf } from '../../fleet/builders.ts';

export const good = <T>(body: T): Promise<Answer<T>> =>
  Promise.resolve({ ok: true, status: 200, body, ms: 1 });
export const refusal = (status: number): Promise<Answer<never>> =>
  Promise.resolve({ ok: false, ms: 1, error: { code: 'http', status, message: 'no', recoverable: false } });
export const never = () => new Promise<never>(() => undefined);

/** A provider's node whose encryption ends as given; the rest of it works. @param keyMadeAt seconds. */
export function node(
  encrypt: (plaintext: string) => Promise<Answer<{ ciphertext: string }>>,
  keyMadeAt?: number,
): TransitClient {
  return {
    address: 'https://hub-0:8200',
    encrypt: (_path, _token, plaintext) => encrypt(plaintext),
    decrypt: (_path, _token, ciphertext) => good({ plaintext: ciphertext.replace('vault:v1:', '') }),
    lookupSelf: () =>
      good({
        ttl: 86_400,
        period: 86_400,
        creation_ttl: 86_400,
        creation_time: 0,
        explicit_max_ttl: 0,
        orphan: true,
        renewable: true,
        policies: ['seal'],
      }),
    capabilitiesSelf: () => good({}),
    key: () =>
      good({
        latest_version: 1,
        min_decryption_version: 1,
        deletion_allowed: false,
        ...(keyMadeAt !== undefined && { keys: { 1: keyMadeAt } }),
      }),
    tokenRole: never,
    close: async () => undefined,
  };
}
const encrypted = (plaintext: string) => good({ ciphertext: `vault:v1:${plaintext}` });
export const working = () => node(encrypted);
export const withKeyOf = (seconds: number) => node(encrypted, seconds);
export const denied = () => node(() => refusal(403));
export const sealed = () => node(() => refusal(503));
export const hanging = () => node(never);
/** Operations of these names never end. */
export const hangingIn = (...operations: (keyof TransitClient)[]): TransitClient => ({
  ...working(),
  ...Object.fromEntries(operations.map((name) => [name, never])),
});

export interface SealsUnderTest {
  clock: ManualClock;
  state: MemoryRotateState;
  lines: string[];
  /** Clusters in the order in which their seals were exercised. */
  order: string[];
  closed: string[];
  /** What a cluster's seal finds of its provider; unnamed ones find one that works. */
  nodes: Record<string, () => TransitClient>;
  /** Another login at the provider than one that works. */
  ownToken: () => Promise<Given>;
  deps: RotateDeps;
  rewrite(text: string): void;
  /** In small steps: what waits no longer may wait for the next thing then. */
  passing(ms: number): Promise<void>;
  standings: () => Promise<Record<string, string>>;
  rowOf: (cluster: string) => Promise<Readiness | undefined>;
}

/** @param text fleet.yaml */
export function sealsUnderTest(text: string): SealsUnderTest {
  const clock = new ManualClock();
  // Who waits for a provider is woken at once, and it is later then.
  clock.sleep = (ms) => clock.advance(ms);
  const state = memoryRotateState();
  const given = async (): Promise<Given> => ({ ok: true, value: 'hvs.token' });
  const unused = async () => Promise.reject(new Error('readiness asks for none of it'));
  const under: SealsUnderTest = {
    clock,
    state,
    lines: [],
    order: [],
    closed: [],
    nodes: {},
    ownToken: given,
    deps: {
      loadFleet: unused,
      state,
      generations: async () => ({ rows: [], unreadable: [] }),
      async transit({ name }: Cluster): Promise<TransitAccess> {
        under.order.push(name);
        const client = (under.nodes[name] ?? working)();
        const close = async () => void under.closed.push(name);
        return { ok: true, ports: { clients: [client], token: given, ownToken: under.ownToken }, close };
      },
      azureSeal: async () => ({ ok: false, why: 'seal.vault is not in fleet.yaml' }),
      rotation: unused,
      sight: unused,
      stepDown: unused,
      recoveries: unused,
      hold: unused,
      clock,
      log: createLog({ write: (line) => under.lines.push(line), clock }),
      random: (bytes) => Buffer.alloc(bytes, 1),
      newId: () => 'one',
    },
    rewrite(text) {
      const loaded = { fleet: fleetOf(text) } as Awaited<ReturnType<RotateDeps['loadFleet']>>;
      under.deps.loadFleet = async () => loaded;
    },
    async passing(ms) {
      for (let left = ms; left > 0; left -= 1_000) await clock.advance(Math.min(1_000, left));
    },
    standings: async () => {
      const { rows } = await state.readiness.list();
      return Object.fromEntries(rows.map(({ cluster, standing }) => [cluster, standing.state]));
    },
    rowOf: async (cluster) => (await state.readiness.list(cluster)).rows[0],
  };
  under.rewrite(text);
  return under;
}
