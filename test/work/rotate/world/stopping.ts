/** Ports of a turn, wrapped from outside: a process can die before or after each of their effects. */
import type { Kind, Sink } from '../../../../shared/rotation/rotation.ts';
import type { RotateState } from '../../../../shared/state/rotate-ports.ts';
import type { Stopper } from '../../../fakes/state/stopping.ts';

/** @param after each effect. */
export function stopping(stopper: Stopper, after: (name: string) => void) {
  async function effect<T>(name: string, run: () => Promise<T>): Promise<T> {
    try {
      return await stopper.effect(name, run);
    } finally {
      after(name);
    }
  }
  const look = <T>(name: string, run: () => Promise<T>) => stopper.look(name, run);

  return {
    state(state: RotateState): RotateState {
      const { rotations, audit, nudges, readiness } = state;
      return {
        readiness: {
          save: (row) => effect('readiness.save', () => readiness.save(row)),
          list: (cluster) => look('readiness.list', () => readiness.list(cluster)),
          remove: (cluster) => effect('readiness.remove', () => readiness.remove(cluster)),
        },
        rotations: {
          open: (row, locks) => effect('rotations.open', () => rotations.open(row, locks)),
          save: (row) => effect('rotations.save', () => rotations.save(row)),
          end: (row) => effect('rotations.end', () => rotations.end(row)),
          approve: (approval) => effect('rotations.approve', () => rotations.approve(approval)),
          read: (cluster, id) => look('rotations.read', () => rotations.read(cluster, id)),
          active: (cluster, kind) => look('rotations.active', () => rotations.active(cluster, kind)),
          list: (since, cluster) => look('rotations.list', () => rotations.list(since, cluster)),
          allActive: () => look('rotations.allActive', () => rotations.allActive()),
          approvals: (cluster, id) => look('rotations.approvals', () => rotations.approvals(cluster, id)),
        },
        audit: { write: (entry) => effect('audit.write', () => audit.write(entry)) },
        nudges: {
          send: (queue, cluster, ms) => effect('nudges.send', () => nudges.send(queue, cluster, ms)),
        },
        prepare: () => state.prepare(),
      };
    },

    kind(kind: Kind): Kind {
      const { renew, end, lastUsed, wrap, raiseMinimum } = kind;
      return {
        name: kind.name,
        look: (value) => look('kind.look', () => kind.look(value)),
        orphans: (id, creating) => look('kind.orphans', () => kind.orphans(id, creating)),
        exercise: (fresh, value) => look('kind.exercise', () => kind.exercise(fresh, value)),
        create: (id) => effect('kind.create', () => kind.create(id)),
        ...(renew && { renew: (value: Buffer) => effect('kind.renew', () => renew(value)) }),
        ...(end && { end: (ref: string) => effect('kind.end', () => end(ref)) }),
        ...(lastUsed && { lastUsed: (ref: string) => look('kind.lastUsed', () => lastUsed(ref)) }),
        ...(wrap && { wrap: (value: Buffer, ttl: number) => effect('kind.wrap', () => wrap(value, ttl)) }),
        ...(raiseMinimum && {
          raiseMinimum: (to: number) => effect('kind.raiseMinimum', () => raiseMinimum(to)),
        }),
      };
    },

    effect,

    sink(sink: Sink): Sink {
      if (sink.holds === 'notice') {
        return {
          name: sink.name,
          holds: 'notice',
          tell: (what, stamp, id) => effect('sink.tell', () => sink.tell(what, stamp, id)),
        };
      }
      const { reference } = sink;
      return {
        name: sink.name,
        holds: 'value',
        read: (slot) => look('sink.read', () => sink.read(slot)),
        write: (slot, value, stamp) => effect(`sink.write ${slot}`, () => sink.write(slot, value, stamp)),
        clear: (slot) => effect(`sink.clear ${slot}`, () => sink.clear(slot)),
        ...(reference && { reference: () => look('sink.reference', () => reference()) }),
      };
    },
  };
}
