/** What the demo does to the cluster, and what Sealwatch must say of it. */
import type { FleetUnderTest } from './fleet-under-test.ts';

export interface Expected {
  /** Whatever resolves must name its finding, and no node that its alarm did not name (./recovered.ts). */
  change: 'fired' | 'resolved';
  /** Of a finding. Where it is about a node, the node must be one that the act touched. */
  code: string;
}

export interface Step {
  title: string;
  act?: {
    /** "3.4 s after <name>" */
    name: string;
    /** Returns the names of the nodes that it touched. */
    run: (fleet: FleetUnderTest) => Promise<string[]>;
  };
  /** All of them must be told in messages that arrive after the act began; the first is the step's detection. */
  tells: Expected[];
  /** Findings that `GET /api/status` must show besides: messages put what has the same cause under one headline. */
  shows: string[];
  /** How many nodes `GET /api/status` must show in each state afterwards. */
  states: Record<string, number>;
  /** Whether every alert must be over. */
  clear: boolean;
}

const allWell = { active: 1, standby: 2 };

/** A step ends when what it expects was told and is shown; the next one begins from there. */
export function story(): Step[] {
  let down: string[] = [];
  let sealed: string[] = [];

  const kill = async (fleet: FleetUnderTest, names: string[]): Promise<string[]> => {
    down = names;
    await Promise.all(names.map((name) => fleet.kill(name)));
    return names;
  };
  const bringBack = async (fleet: FleetUnderTest): Promise<string[]> => {
    const names = down;
    await Promise.all(
      names.map(async (name) => {
        await fleet.start(name);
        await fleet.unseal(name);
      }),
    );
    return names;
  };

  return [
    { title: 'everything is well', tells: [], shows: [], states: allWell, clear: true },
    {
      title: 'a follower is killed',
      act: { name: 'the kill', run: async (fleet) => kill(fleet, (await standbys(fleet)).slice(0, 1)) },
      tells: [{ change: 'fired', code: 'node-unreachable' }],
      // The second is read from raft state, with the probe's login, and Vault itself takes its time to notice.
      shows: ['raft-tolerance-lost', 'raft-peer-dead'],
      states: { active: 1, standby: 1, unreachable: 1 },
      clear: false,
    },
    {
      title: 'it is started and unsealed',
      act: { name: 'its start', run: bringBack },
      tells: [{ change: 'resolved', code: 'node-unreachable' }],
      shows: [],
      states: allWell,
      clear: true,
    },
    {
      title: 'an operator seals the active node',
      act: {
        name: 'the seal',
        run: async (fleet) => {
          sealed = [await fleet.active()];
          for (const name of sealed) await fleet.seal(name);
          return sealed;
        },
      },
      tells: [{ change: 'fired', code: 'node-sealed' }],
      shows: [],
      states: { active: 1, standby: 1, sealed: 1 },
      clear: false,
    },
    {
      title: 'it is unsealed',
      act: {
        name: 'the unseal',
        run: async (fleet) => {
          for (const name of sealed) await fleet.unseal(name);
          return sealed;
        },
      },
      tells: [{ change: 'resolved', code: 'node-sealed' }],
      shows: [],
      states: allWell,
      clear: true,
    },
    {
      title: 'two of three are killed, so there is no quorum',
      act: {
        name: 'the kill',
        run: async (fleet) => {
          const active = await fleet.active();
          return kill(fleet, [active, ...(await standbys(fleet)).slice(0, 1)]);
        },
      },
      tells: [{ change: 'fired', code: 'no-leader' }],
      shows: [],
      states: { unreachable: 2 },
      clear: false,
    },
    {
      title: 'both are started and unsealed',
      act: { name: 'their start', run: bringBack },
      tells: [{ change: 'resolved', code: 'no-leader' }],
      shows: [],
      states: allWell,
      clear: true,
    },
  ];
}

async function standbys(fleet: FleetUnderTest): Promise<string[]> {
  const active = await fleet.active();
  return fleet.nodes.map(({ name }) => name).filter((name) => name !== active);
}
