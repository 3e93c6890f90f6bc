/** Puts something around every port through which the watch app reaches the world. */
import type { WatchDeps } from '../../shared/work/deps.ts';

export interface PortCall {
  /** "live.commit", "chat.deliver" */
  name: string;
  /** Changes something outside the process. */
  effect: boolean;
}

export type Around = <T>(call: PortCall, run: () => Promise<T>) => Promise<T>;

export function aroundPorts(deps: WatchDeps, around: Around): WatchDeps {
  const { live, sweeps, batches, history, observations, lastGood, nudges, recover, rotate, words } =
    deps.state;
  const effect = <T>(name: string, run: () => Promise<T>) => around({ name, effect: true }, run);
  const read = <T>(name: string, run: () => Promise<T>) => around({ name, effect: false }, run);
  return {
    ...deps,
    heartbeat: (fleet) => effect('heartbeat', () => deps.heartbeat(fleet)),
    sender(name, fleet) {
      const sender = deps.sender(name, fleet);
      return (
        sender && {
          deliver: (message, signal) => effect(`${name}.deliver`, () => sender.deliver(message, signal)),
        }
      );
    },
    state: {
      ...deps.state,
      live: {
        scan: (share) => read('live.scan', () => live.scan(share)),
        read: (cluster) => read('live.read', () => live.read(cluster)),
        commit: (cluster, head, etag, outbox) =>
          effect('live.commit', () => live.commit(cluster, head, etag, outbox)),
        update: (cluster, entry) => effect('live.update', () => live.update(cluster, entry)),
        remove: (cluster, entry) => effect('live.remove', () => live.remove(cluster, entry)),
      },
      sweeps: {
        last: () => read('sweeps.last', () => sweeps.last()),
        save: (record) => effect('sweeps.save', () => sweeps.save(record)),
      },
      batches: {
        list: () => read('batches.list', () => batches.list()),
        look: () => read('batches.look', () => batches.look()),
        plan: (planned, gone, read) => effect('batches.plan', () => batches.plan(planned, gone, read)),
        update: (batch) => effect('batches.update', () => batches.update(batch)),
      },
      words: {
        quiets: () => read('words.quiets', () => words.quiets()),
        holds: () => read('words.holds', () => words.holds()),
      },
      history: { append: (added) => effect('history.append', () => history.append(added)) },
      observations: {
        save: (observed, batch) => effect('observations.save', () => observations.save(observed, batch)),
        latest: () => read('observations.latest', () => observations.latest()),
      },
      lastGood: {
        read: () => read('lastGood.read', () => lastGood.read()),
        save: (text) => effect('lastGood.save', () => lastGood.save(text)),
      },
      recover: {
        recoveries: (since, cluster) => read('recover.recoveries', () => recover.recoveries(since, cluster)),
        generations: (cluster) => read('recover.generations', () => recover.generations(cluster)),
      },
      rotate: {
        readiness: (cluster) => read('rotate.readiness', () => rotate.readiness(cluster)),
        rotations: (cluster) => read('rotate.rotations', () => rotate.rotations(cluster)),
      },
      nudges: {
        send: (queue, cluster, delayMs) => effect('nudges.send', () => nudges.send(queue, cluster, delayMs)),
        batch: (name, lifetimeMs) => effect('nudges.batch', () => nudges.batch(name, lifetimeMs)),
      },
    },
  };
}
