/**
 * The rules that protect users, checked from outside at each request of sys/unseal and each write of a row: against what
 * the simulated cluster knows to be true, not against what the app believes.
 */
import type { GenerationRow } from '../../../shared/escrow/generation.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import type { RecoverState } from '../../../shared/state/recover-ports.ts';
import type { Sent } from './connected.ts';
import type { RecoveryUnderTest } from './recovery-under-test.ts';

export class Rules {
  readonly broken: string[] = [];
  readonly #world: RecoveryUnderTest;
  /** By recovery, pass and node: which shares. */
  readonly #shares = new Map<string, Set<number>>();
  /** Nodes that an operator sealed, in the process that still runs. */
  readonly #onPurpose = new Map<string, number>();
  /** Passes that began while a hold stood. */
  readonly #underHold = new Set<string>();

  constructor(world: RecoveryUnderTest) {
    this.#world = world;
  }

  onSealed(node: string): void {
    const found = this.#nodeOf(node);
    if (found?.running && !found.sealed) this.#onPurpose.set(node, found.startedAt);
  }

  async onSent({ cluster, node, owner, share, timeoutMs }: Sent): Promise<void> {
    const row = this.#world.recoveries().find((one) => one.cluster === cluster && one.status === 'open');
    const who = `${owner} to ${node}, share ${share ?? 'none'}`;
    if (!row) return this.#break(`${who}: no recovery is open`);
    const { lease, passes, intents, way } = row;
    if (lease?.owner !== owner) this.#break(`${who}: the row is ${lease?.owner}'s (rule 10)`);
    if (lease && lease.until <= this.#world.clock.now() + timeoutMs)
      this.#break(`${who}: its lease may end before the request does (rule 10)`);
    const covered = intents.some(
      (intent) =>
        intent.node === node && intent.pass === passes && (share === undefined || intent.index === share),
    );
    if (!covered) this.#break(`${who}: without an intent (rule 3)`);
    if (way === 'automatic' && this.#underHold.has(`${row.id} ${passes}`)) {
      this.#break(`${who}: automation, under a hold (rule 6)`);
    }
    this.#count(row, node, share);
    await this.#checkPurpose(row, node, who);
  }

  #count({ id, passes }: Recovery, node: string, share: number | undefined): void {
    if (share === undefined) return;
    const key = `${id} ${passes} ${node}`;
    const shares = (this.#shares.get(key) ?? new Set()).add(share);
    this.#shares.set(key, shares);
    const { threshold } = this.#world.simulation.keys;
    if (shares.size > threshold) this.#break(`${key}: shares ${[...shares].join(', ')} (rule 3)`);
  }

  async #checkPurpose(row: Recovery, node: string, who: string): Promise<void> {
    const sealedIn = this.#onPurpose.get(node);
    const found = this.#nodeOf(node);
    if (sealedIn === undefined || found?.startedAt !== sealedIn) return;
    if (!found.sealed) {
      this.#onPurpose.delete(node);
      return;
    }
    const approvals = await this.#world.state.approvals.of(row.cluster, row.id);
    if (approvals.length === 0) this.#break(`${who}: sealed on purpose, and nobody approved (rule 6)`);
  }

  /** The state, with an eye on what is written. */
  watching(state: RecoverState): RecoverState {
    const { recoveries, generations } = state;
    return {
      ...state,
      recoveries: {
        ...recoveries,
        save: (stored) => {
          this.#onSave(stored.value);
          return recoveries.save(stored);
        },
        end: async (stored) => {
          const done = await recoveries.end(stored);
          if (done === 'ended') this.#onEnded(stored.value);
          return done;
        },
      },
      generations: {
        ...generations,
        save: (row, etag) => {
          this.#onGeneration(row);
          return generations.save(row, etag);
        },
      },
    };
  }

  #onSave(value: Recovery): void {
    const before = this.#world.recoveries().find(({ id }) => id === value.id);
    if (value.passes === before?.passes) return;
    const held = this.#world.standingHolds.some(({ until }) => until > this.#world.clock.now());
    if (held) this.#underHold.add(`${value.id} ${value.passes}`);
  }

  #onEnded({ id, ended }: Recovery): void {
    const told = this.#world.state.audited.some(
      ({ what, recovery }) => recovery === id && (what === 'ended' || what === 'rejected'),
    );
    if (!told) this.#break(`${id} ended as ${ended?.outcome} without a word in the audit (rule 10)`);
    const opened = this.#world.state.audited.filter(
      // Those of upkeep and rebinds are opened one at a time, and belong to no pass.
      ({ what, recovery, facts }) => what === 'key-opened' && recovery === id && facts.pass !== undefined,
    );
    for (const [pass, entries] of Map.groupBy(opened, ({ facts }) => facts.pass)) {
      if (entries.length <= this.#world.simulation.keys.threshold) continue;
      this.#break(`${id}: pass ${pass} opened ${entries.length} shares (rule 3)`);
    }
  }

  /** The cluster's own shares are good, whatever strangers do (rule 4). */
  #onGeneration({ bad, generation, revision }: GenerationRow): void {
    if (bad && !this.#world.wrongShares) this.#break(`${generation}.${revision} was called bad (rule 4)`);
  }

  #nodeOf(name: string) {
    return this.#world.simulation.state.nodes.find((node) => node.name === name);
  }

  #break(rule: string): void {
    this.broken.push(rule);
  }
}
