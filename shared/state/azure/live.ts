/** Table `live`. Fencing is If-Match on the head; outbox rows fence themselves. */
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { fleetPartition } from '../batch-rows.ts';
import { StateError } from '../errors.ts';
import { checkCommit, checkCommitSize, checkKey } from '../limits.ts';
import { pack, schemaVersion } from '../packing.ts';
import type { Head, Live, LivePartition, OutboxEntry, Share, Stored, UnreadableRow } from '../ports.ts';
import { inShare } from '../share.ts';
import { type Call, failure, fenced, isConflict, isGone } from './calls.ts';
import type { Clients } from './clients.ts';
import { headKey, isDeletedHead, outboxKey, type Row, sortRow } from './live-rows.ts';
import { inPartition, quoted } from './table.ts';

const what = 'table live';

export function connectLive(
  clients: Clients,
  call: Call,
  tellUnreadable: (row: UnreadableRow) => void,
): Live {
  const table = () => clients.table('live');

  /** @param isWanted rows of other clusters are not looked at. */
  async function readRows(
    filter: string | undefined,
    isWanted: (cluster: string) => boolean = () => true,
  ): ReturnType<Live['scan']> {
    const partitions = new Map<string, LivePartition>();
    const unreadable: UnreadableRow[] = [];
    const client = await table();
    await call(what, async (abortSignal) => {
      const queryOptions = filter === undefined ? {} : { filter };
      for await (const row of client.listEntities<Row>({ abortSignal, queryOptions })) {
        if (isWanted(row.partitionKey)) sortRow(row, partitions, unreadable);
      }
    });
    return { partitions, unreadable };
  }

  return {
    async scan(share) {
      if (!share) return readRows(undefined);
      const inside = inShare(share);
      const isWanted = (name: string) => inside(name) && ('only' in share || name !== fleetPartition);
      return readRows(rangeOf(share), isWanted);
    },

    async read(cluster) {
      checkKey('cluster', cluster);
      const { partitions, unreadable } = await readRows(inPartition(cluster));
      for (const row of unreadable) tellUnreadable(row);
      return partitions.get(cluster) ?? { outbox: [] };
    },

    async commit(cluster, head, etag, outbox) {
      checkCommit(cluster, outbox);
      const inserts = outbox.map((entry) => outboxRow(cluster, entry));
      const replacement = headRow(cluster, head);
      checkCommitSize(
        cluster,
        [replacement, ...inserts].reduce((sum, { bytes }) => sum + bytes, 0),
      );
      const client = await table();
      const creates = inserts.map(({ row }): TransactionAction => ['create', row]);
      const submit = (action: TransactionAction) => submitAll(client, call, [action, ...creates]);
      const replace = (match: string) => submit(['update', replacement.row, 'Replace', { etag: match }]);

      let etags = await (etag === undefined ? submit(['create', replacement.row]) : replace(etag));
      if (!etags && etag === undefined) {
        const deleted = await deletedHead(client, call, cluster);
        if (deleted !== undefined) etags = await replace(deleted);
      }
      if (!etags) return { committed: false, why: 'conflict' };
      const [headEtag, ...entryEtags] = etags;
      return {
        committed: true,
        etag: headEtag ?? '',
        outbox: outbox.map((value, index) => ({ value, etag: entryEtags[index] ?? '' })),
      };
    },

    async update(cluster, { value, etag }) {
      checkCommit(cluster, [value]);
      const { row } = outboxRow(cluster, value);
      const client = await table();
      return fenced<Stored<OutboxEntry>>(call, what, async (abortSignal) => {
        const updated = await client.updateEntity(row, 'Replace', { etag, abortSignal });
        return { value, etag: updated.etag ?? '' };
      });
    },

    async remove(cluster, { value, etag }) {
      checkCommit(cluster, [value]);
      const client = await table();
      return fenced<'removed'>(call, what, async (abortSignal) => {
        await client.deleteEntity(cluster, outboxKey(value.id), { etag, abortSignal });
        return 'removed';
      });
    },
  };
}

/** Of keys, in OData; partition `fleet` may lie in it. */
function rangeOf(share: Share): string | undefined {
  if ('only' in share) {
    const names = share.only.toSorted();
    const [first = '', last = first] = [names[0], names.at(-1)];
    return first === last
      ? inPartition(first)
      : `PartitionKey ge ${quoted(first)} and PartitionKey le ${quoted(last)}`;
  }
  const { from, to } = share;
  const ends = [
    ...(from === '' ? [] : [`PartitionKey ge ${quoted(from)}`]),
    ...(to === undefined ? [] : [`PartitionKey lt ${quoted(to)}`]),
  ];
  return ends.length > 0 ? ends.join(' and ') : undefined;
}

function headRow(cluster: string, head: Head | undefined) {
  const keys = { partitionKey: cluster, rowKey: headKey };
  if (!head) return { row: { ...keys, v: schemaVersion, deleted: true }, bytes: 0 };
  const { columns, bytes } = pack(`${cluster}: what is remembered of it`, head);
  return { row: { ...keys, ...columns }, bytes };
}

function outboxRow(cluster: string, entry: OutboxEntry) {
  const { columns, bytes } = pack(`${cluster}: outbox entry ${entry.id}`, entry);
  return { row: { partitionKey: cluster, rowKey: outboxKey(entry.id), ...columns }, bytes };
}

/** ETags in the order of the actions, or undefined for a conflict. */
async function submitAll(
  client: TableClient,
  call: Call,
  actions: TransactionAction[],
): Promise<string[] | undefined> {
  return call(what, async (abortSignal) => {
    try {
      const { subResponses } = await client.submitTransaction(actions, { abortSignal });
      const etags = subResponses.flatMap(({ etag }) => (etag === undefined ? [] : [etag]));
      if (etags.length === actions.length) return etags;
      throw new StateError('refused', `${what}: storage answered a transaction without its ETags.`);
    } catch (error) {
      // Replacing a head that is not there: its row was removed by hand.
      if (isConflict(error) || (isGone(error) && failure(error).reason === 'ResourceNotFound'))
        return undefined;
      throw error;
    }
  });
}

/** The ETag of the empty row that a deleted head left, if that is what is in the way. */
async function deletedHead(client: TableClient, call: Call, cluster: string): Promise<string | undefined> {
  return call(what, async (abortSignal) => {
    try {
      const row = await client.getEntity<Row>(cluster, headKey, { abortSignal });
      return isDeletedHead(row) ? row.etag : undefined;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  });
}
