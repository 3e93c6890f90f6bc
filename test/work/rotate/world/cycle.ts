/** SIMULATED clusters whose transit seals lead back to each other, and one that hangs on them. `broken`: two open at once. */
import { fleetOf } from '../../../fleet/builders.ts';
import { SimulatedKey } from './key.ts';
import { type Parts, Simulation, type Stopping } from './simulation.ts';

const minute = 60_000;

const cluster = (name: string, provider: string) => `
  ${name}:
    nodes: ["https://${name}-0:8200"]
    seal: {type: transit, provider: ${provider}, key: ${name}}
    recovery: {approvals: 1}
    rotation: {transitKey: {every: 90d}, grace: 1h}`;

/** Each of `left` and `right` unseals the other; `outside` is unsealed by one of them. */
export class Cycle extends Simulation {
  readonly keys = new Map(['left', 'right', 'outside'].map((name) => [name, this.#key()]));
  /** Since when each leads. */
  readonly leaders = new Map<string, number>();

  constructor() {
    const all = [cluster('left', 'right'), cluster('right', 'left'), cluster('outside', 'left')];
    super(fleetOf(`version: 1\nclusters:${all.join('')}\n`));
  }

  #key(): SimulatedKey {
    return new SimulatedKey('transit-key', this.clock, () => this.look('a new version'));
  }

  open(): string[] {
    const open = this.state.everyRotation().filter(({ status }) => status === 'open');
    return open.map(({ cluster: name }) => name);
  }

  look(when: string): void {
    const open = this.open();
    if (open.includes('left') && open.includes('right')) this.broken.push(`${when}: both are open`);
  }

  protected parts(wrapped: Stopping): Parts {
    return {
      rotation: async (_fleet, { name }) => {
        const key = this.keys.get(name);
        if (!key) return { ok: false, why: 'no key' };
        const value = async () => ({ ok: true, value: undefined }) as const;
        return {
          ok: true,
          kind: wrapped.kind(key.kind(false)),
          sinks: [],
          value,
          close: async () => undefined,
        };
      },
      sight: async ({ name }) => ({ cluster: name, nodes: [], leaderSince: this.leaders.get(name) ?? 0 }),
      stepDown: async () => ({ ok: true, value: undefined }),
    };
  }

  /** Leaders change every twenty minutes, until each of them was rotated. */
  async goOn(): Promise<void> {
    const isOver = () => this.open().length === 0 && this.state.everyRotation().length === this.keys.size;
    for (let tries = 0; tries < 20 && !isOver(); tries += 1) {
      await this.pass(20 * minute, 20 * minute);
      for (const name of this.keys.keys()) this.leaders.set(name, this.clock.now());
    }
  }
}

export async function cycleDue(): Promise<Cycle> {
  const world = new Cycle();
  await world.clock.advance(91 * 24 * 60 * minute);
  return world;
}

export const outcomes = (world: Cycle) =>
  Object.fromEntries(world.state.everyRotation().map(({ cluster: name, ended }) => [name, ended?.outcome]));
