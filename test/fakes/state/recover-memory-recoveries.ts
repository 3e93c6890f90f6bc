/** Table `recoveries` in memory, part of ./recover-memory.ts. */
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import { StateError } from '../../../shared/state/errors.ts';
import { type Keys, unreadable } from '../../../shared/state/kind.ts';
import { checkKey } from '../../../shared/state/limits.ts';
import type { Stored } from '../../../shared/state/ports.ts';
import { activeKey, activeKind, recoveryKind } from '../../../shared/state/recover-kinds.ts';
import type { Recoveries } from '../../../shared/state/recover-ports.ts';
import { checkStatus, newestFirst } from '../../../shared/state/recover-rules.ts';
import { MemoryTable } from './memory-table.ts';

export interface MemoryRecoveries {
  port: Recoveries;
  every(): Recovery[];
  damage(keys: Keys, why: string): void;
}

export function memoryRecoveries(): MemoryRecoveries {
  const rows = new MemoryTable(recoveryKind);
  const actives = new MemoryTable(activeKind);

  function read(cluster: string, id: string): Stored<Recovery> | undefined {
    const keys = recoveryKind.keys({ cluster, id } as Recovery);
    checkKey('cluster', cluster);
    checkKey('recovery', keys.rowKey);
    return rows.get(keys);
  }

  function active(cluster: string): Stored<Recovery> | undefined {
    checkKey('cluster', cluster);
    const standing = actives.get({ partitionKey: cluster, rowKey: activeKey });
    if (!standing) return undefined;
    const { recovery } = standing.value;
    const found = read(cluster, recovery);
    if (found) return found.value.status === 'open' ? found : undefined;
    const why = `it names ${recovery}, which is not there`;
    throw unreadable('recoveries', activeKind.keys(standing.value), why);
  }

  const port: Recoveries = {
    async open(recovery) {
      checkStatus(recovery, 'open');
      rows.check(recovery);
      const named = { cluster: recovery.cluster, recovery: recovery.id };
      const standing = actives.get(activeKind.keys(named));
      if (standing) return { opened: false, busy: standing.value.recovery };
      if (read(recovery.cluster, recovery.id)) {
        const message = `${recovery.cluster}: a recovery ${recovery.id} was there already.`;
        throw new StateError('duplicate-entry', message);
      }
      actives.put(named);
      return { opened: true, etag: rows.put(recovery) };
    },
    read: async (cluster, id) => read(cluster, id),
    active: async (cluster) => active(cluster),
    async save({ value, etag }) {
      checkStatus(value, 'open');
      rows.check(value);
      if (!rows.isAt(recoveryKind.keys(value), etag)) return { saved: false };
      return { saved: true, etag: rows.put(value) };
    },
    async end({ value, etag }) {
      checkStatus(value, 'ended');
      rows.check(value);
      const keys = activeKind.keys({ cluster: value.cluster, recovery: value.id });
      if (actives.get(keys)?.value.recovery !== value.id) return 'conflict';
      if (!rows.isAt(recoveryKind.keys(value), etag)) return 'conflict';
      rows.put(value);
      actives.remove(keys);
      return 'ended';
    },
    async list(cluster, since) {
      checkKey('cluster', cluster);
      const found = rows.list(cluster);
      return { rows: newestFirst(found.values, since), unreadable: found.unreadable };
    },
    async allActive() {
      const { values, unreadable: damaged } = actives.list();
      const recoveries: Recovery[] = [];
      for (const { cluster } of values) {
        try {
          const found = active(cluster);
          if (found) recoveries.push(found.value);
        } catch (error) {
          if (!(error instanceof StateError)) throw error;
          damaged.push({ partition: cluster, row: activeKey, why: error.message });
        }
      }
      return { recoveries, unreadable: damaged };
    },
  };
  return {
    port,
    every: () => rows.list().values,
    damage: (keys, why) => (keys.rowKey === activeKey ? actives : rows).damage(keys, why),
  };
}
