/** What every RecoverView does. Run against the memory fake (test/state) and against Azurite (test/live). */
import { describe, expect, test } from 'vitest';
import type { GenerationRow } from '../../shared/escrow/generation.ts';
import type { Recovery } from '../../shared/recovery/recovery.ts';
import type { RecoverView } from '../../shared/state/ports.ts';
import { aFullRecovery, aGenerationRow, aRecovery, ended, noon } from '../fakes/state/recover-examples.ts';

/** An empty view, and how the recover app fills it. */
export interface ViewUnderTest {
  view: RecoverView;
  open: (recovery: Recovery) => Promise<void>;
  /** Opens and ends it. */
  past: (recovery: Recovery) => Promise<void>;
  accept: (row: GenerationRow) => Promise<void>;
}

export function recoverViewContract(start: () => Promise<ViewUnderTest>): void {
  const of = (rows: { id: string }[]) => rows.map(({ id }) => id).toSorted();

  describe('the view of the recover app', () => {
    test('holds nothing where nothing was recovered or escrowed', async () => {
      const { view } = await start();
      expect(await view.recoveries(0)).toEqual({ rows: [], unreadable: [] });
      expect(await view.generations()).toEqual({ rows: [], unreadable: [] });
    });

    test('has open recoveries as they were written, however old, and those that ended lately', async () => {
      const { view, open, past } = await start();
      const old = aFullRecovery({ requestedAt: noon - 90 * 86_400_000 });
      await open(old);
      const end = (id: string, at: number) =>
        past(ended(aRecovery({ cluster: 'orders', id: `orders.${id}`, requestedAt: at - 60_000 }), { at }));
      await end('before', noon - 1);
      await end('at', noon);
      await end('after', noon + 1);
      const { rows, unreadable } = await view.recoveries(noon);
      expect(of(rows)).toEqual(['orders.after', 'orders.at', old.id].toSorted());
      expect(rows.find(({ status }) => status === 'open')).toEqual(old);
      expect(unreadable).toEqual([]);
    });

    test('has the newest generation of each cluster', async () => {
      const { view, accept } = await start();
      const rows = ['orders', 'payments'].map((cluster) => aGenerationRow({ cluster }));
      for (const row of rows) await accept(row);
      const read = await view.generations();
      expect(read.rows.toSorted((a, b) => a.cluster.localeCompare(b.cluster))).toEqual(rows);
    });

    test("has one cluster's rows alone, for a probe of it", async () => {
      const { view, open, past, accept } = await start();
      await open(aRecovery({ cluster: 'orders', id: 'orders.a' }));
      await open(aRecovery({ cluster: "o'hara", id: "o'hara.b" }));
      await past(ended(aRecovery({ cluster: 'payments', id: 'payments.c' }), { at: noon }));
      for (const cluster of ['orders', 'payments']) await accept(aGenerationRow({ cluster }));
      expect(of((await view.recoveries(noon, 'orders')).rows)).toEqual(['orders.a']);
      expect(of((await view.recoveries(noon, "o'hara")).rows)).toEqual(["o'hara.b"]);
      expect(of((await view.recoveries(noon, 'payments')).rows)).toEqual(['payments.c']);
      expect((await view.recoveries(noon + 1, 'payments')).rows).toEqual([]);
      expect((await view.generations('orders')).rows.map(({ cluster }) => cluster)).toEqual(['orders']);
      expect((await view.generations("o'hara")).rows).toEqual([]);
    });
  });
}
