/** DESIGN's table "Three apps" as data: who may touch what. A change here is a change of the design. */

export const apps = ['watch', 'rotate', 'recover'] as const;
export type App = (typeof apps)[number];

interface Allowed {
  /** Tables, queues and containers that are the app's own. */
  writes: { tables: string[]; queues: string[]; containers: string[] };
  /** Tables of others. */
  reads: string[];
  /** Queues of others: a message names a cluster and opens nothing. */
  nudges: string[];
  /** Containers in which it makes blobs, and overwrites and deletes none. */
  creates: string[];
  /** Containers that it reads. */
  readsBlobs: string[];
}

/** "Each reads the fleet container, creates blobs in its own audit-<app> container, owns its poison queues". */
export const design: Record<App, Allowed> = {
  watch: {
    writes: {
      tables: ['live', 'history', 'acknowledgements'],
      queues: ['notify', 'notify-poison', 'probe', 'probe-poison'],
      containers: ['observations'],
    },
    // "all other tables"
    reads: ['rotations', 'readiness', 'recoveries', 'approvals', 'holds', 'generations', 'starts'],
    nudges: ['steps'],
    creates: ['audit-watch'],
    readsBlobs: ['fleet'],
  },
  rotate: {
    writes: { tables: ['rotations', 'readiness'], queues: ['turns', 'turns-poison'], containers: [] },
    reads: ['live', 'recoveries', 'holds', 'generations'],
    nudges: ['probe'],
    creates: ['audit-rotate'],
    readsBlobs: ['fleet'],
  },
  recover: {
    writes: {
      tables: ['recoveries', 'approvals', 'holds', 'generations', 'starts'],
      queues: ['steps', 'steps-poison'],
      containers: [],
    },
    reads: ['live', 'rotations'],
    nudges: ['probe'],
    creates: ['audit-recover', 'escrow'],
    readsBlobs: ['fleet', 'escrow'],
  },
};

/**
 * What the design allows and the templates do not give, because no code asks for it: `APP RIGHT NAME`. Code that comes
 * to use one takes its line away from here.
 */
export const notGiven: Record<string, string> = {
  'watch table.write acknowledgements': 'watch only reads them: no route of it takes an acknowledgement yet',
  'watch table.read approvals': 'what watch tells of recoveries is in table recoveries',
  'watch table.read starts': "recover's own proof of restarts; watch sees restarts by itself",
  'watch blob.create audit-watch': 'nobody acts through watch yet: there is nothing to note',
  'rotate table.read live': 'rotate looks at nodes itself (rule: another table never permits)',
  'recover table.read rotations': 'recover plans without it: rotate stays away from clusters that recover',
};

/** What no design of ours names, and is there for another reason. */
export const besides: Record<string, string> = {
  'watch table.read acknowledgements': 'instead of writing them, see notGiven',
};

/** Groups of people with rights in the data account: docs/infra.md and docs/escrow.md say what for. */
export type People = 'fleet-writers' | 'importers' | 'break-glass';
export const people: Record<People, string[]> = {
  'fleet-writers': ['blob.write fleet'],
  // Writes no row: recover's route accepts what was imported.
  importers: ['table.read generations', 'blob.read fleet', 'blob.read escrow', 'blob.create escrow'],
  'break-glass': [
    'table.write recoveries',
    'table.write generations',
    'table.write starts',
    'table.read holds',
    'table.read live',
    'blob.read fleet',
    'blob.read escrow',
    'blob.create audit-recover',
  ],
};
