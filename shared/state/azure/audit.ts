/**
 * An app's container of audit entries: a blob an entry, in its cluster's folder. Names sort by time, then by the order
 * in which this process wrote them.
 */
import { folderOf } from '../cluster-folder.ts';
import { schemaVersion } from '../packing.ts';
import type { Call } from './calls.ts';
import type { Clients } from './clients.ts';
import { createBlob } from './create-blob.ts';

/** What its name is made of; all that it has is stored. */
interface Entry {
  /** ms. */
  at: number;
  cluster: string;
  what: string;
}

/** @param newId tells entries of one moment in several processes apart. */
export function connectAudit(
  clients: Clients,
  call: Call,
  container: 'audit-recover' | 'audit-rotate',
  newId: () => string,
): { write(entry: Entry): Promise<void> } {
  let written = 0;
  return {
    async write(entry) {
      written += 1;
      const moment = new Date(entry.at).toISOString().replace(/[-:]/g, '');
      const order = String(written).padStart(6, '0');
      const name = `${folderOf(entry.cluster)}${moment}-${order}-${entry.what}-${newId()}.json`;
      const bytes = Buffer.from(JSON.stringify({ v: schemaVersion, ...entry }));
      // Where the name is taken it is by this very entry: the answer to an earlier try was lost.
      await createBlob(clients, call, container, name, bytes);
    },
  };
}
