/** A transit key and its one consumer, SIMULATED: versions, an active node that steps down, and people. */
import type { KindName, Rotation } from '../../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../../shared/work/rotate/deps.ts';
import { takeTurns } from '../../../shared/work/rotate/turn.ts';
import { fleetOf } from '../../fleet/builders.ts';
import { World } from './world/world.ts';

const text = (approvals: 1 | 2) => `
version: 1
clusters:
  root: {nodes: ["https://root-0:8200"]}
  payments:
    nodes: ["https://payments-0:8200"]
    seal: {type: transit, provider: root, key: payments, token: "file:/etc/sealwatch/token"}
    recovery: {approvals: ${approvals}}
    rotation:
      transitKey: {every: 365d}
      stepDown: true
      grace: 1h
`;

const kind: KindName = 'transit-key';

export class KeyWorld {
  readonly #world = new World();
  readonly clock = this.#world.clock;
  readonly state = this.#world.state;
  readonly steppedDown: string[] = [];
  leaderSince = this.clock.now() - 3_600_000;
  /** When each version was made, ms. */
  readonly versions = [this.clock.now() - 24 * 3_600_000];
  readonly deps: RotateDeps;

  constructor(approvals: 1 | 2 = 2) {
    const fleet = fleetOf(text(approvals));
    this.deps = {
      ...this.#world.deps(),
      loadFleet: async () => ({ fleet }) as Awaited<ReturnType<RotateDeps['loadFleet']>>,
      rotation: async () => ({
        ok: true,
        sinks: [],
        value: async () => ({ ok: true, value: undefined }),
        close: async () => undefined,
        kind: {
          name: kind,
          look: async () => ({ ok: true, value: this.#look() }),
          create: async () => {
            const madeAt = this.clock.now();
            this.versions.push(madeAt);
            return { ok: true, value: { fresh: { ref: `${this.versions.length}`, madeAt } } };
          },
          orphans: async () => ({ ok: true, value: { state: 'known', end: [] } }),
          exercise: async () => ({ ok: true, value: undefined }),
        },
      }),
      sight: async ({ name: cluster }) => ({ cluster, nodes: [], leaderSince: this.leaderSince }),
      stepDown: async ({ name }) => {
        this.steppedDown.push(name);
        await this.clock.advance(10_000);
        this.leaderSince = this.clock.now();
        return { ok: true, value: undefined };
      },
    };
  }

  turn(): Promise<void> {
    return takeTurns(this.deps, 'payments');
  }

  /** The newest. */
  get rotation(): Rotation {
    const rotation = this.state.everyRotation().at(-1);
    if (!rotation) throw new Error('no rotation');
    return rotation;
  }

  #look() {
    const versions = this.versions.map((madeAt, at) => ({ version: `${at + 1}`, madeAt, enabled: true }));
    const current = { state: 'works', ref: `${versions.length}`, renewable: false } as const;
    return { current, ours: [], foreign: [], versions, minimum: 1 };
  }
}
