/** Table `history`: PartitionKey cluster, newest first. A transition has one key, so that writing it again adds nothing. */
import { createHash } from 'node:crypto';
import type { TransactionAction } from '@azure/data-tables';
import type { Transition } from '../../alert/alert.ts';
import { bounded, checkKey } from '../limits.ts';
import { schemaVersion } from '../packing.ts';
import type { History } from '../ports.ts';
import type { Call } from './calls.ts';
import type { Clients } from './clients.ts';

/** Rows of one transaction. */
const batch = 100;
/** Last ms that the inverted time can hold: the year 2286. */
const endOfTime = 9_999_999_999_999;

export function connectHistory(clients: Clients, call: Call): History {
  return {
    async append(transitions) {
      const clusters = new Map<string, Map<string, TransactionAction>>();
      for (const transition of transitions) {
        checkKey('cluster', transition.cluster);
        const actions = clusters.get(transition.cluster) ?? new Map<string, TransactionAction>();
        const row = historyRow(transition);
        actions.set(row.rowKey, ['upsert', row, 'Replace']);
        clusters.set(transition.cluster, actions);
      }
      const client = await clients.table('history');
      for (const actions of clusters.values()) {
        const all = [...actions.values()];
        for (let at = 0; at < all.length; at += batch) {
          const some = all.slice(at, at + batch);
          await call('table history', (abortSignal) => client.submitTransaction(some, { abortSignal }));
        }
      }
    },
  };
}

function historyRow(transition: Transition) {
  // The key is of the whole text: two that begin alike stay two.
  const { at, cluster, what, to } = transition;
  const inverted = String(endOfTime - Math.floor(at)).padStart(13, '0');
  const hash = createHash('sha256')
    .update(JSON.stringify([at, what, to]))
    .digest('hex')
    .slice(0, 16);
  const shown = bounded(transition);
  return {
    partitionKey: cluster,
    rowKey: `${inverted}-${hash}`,
    v: schemaVersion,
    at: new Date(at),
    what: shown.what,
    from: shown.from,
    to: shown.to,
  };
}
