import { describe, expect, test } from 'vitest';
import { sortRow } from '../../shared/state/azure/live-rows.ts';
import { pack } from '../../shared/state/packing.ts';
import type { LivePartition, UnreadableRow } from '../../shared/state/ports.ts';
import { aHead, aMessage, anAlert, anEntry } from '../fakes/state/examples.ts';

function read(
  rowKey: string,
  value: unknown,
): { partition: LivePartition | undefined; unreadable: string[] } {
  const partitions = new Map<string, LivePartition>();
  const unreadable: UnreadableRow[] = [];
  const { columns } = pack('a row', value);
  sortRow({ partitionKey: 'payments', rowKey, etag: '1', ...columns }, partitions, unreadable);
  return { partition: partitions.get('payments'), unreadable: unreadable.map(({ why }) => why) };
}

/** The last moment that a Date can hold. */
const last = 8.64e15;
const owed = (at: number) =>
  anEntry({ effect: { kind: 'message', channel: 'chat', message: aMessage({ at }) } });

describe('a stored row', () => {
  test.for([last + 1, -last - 1, 1e300])('with the time %d, which no Date holds, is unreadable', (at) => {
    expect(read('outbox-00000001-a-chat', owed(at)).unreadable).toEqual([
      expect.stringMatching(/^damaged: effect.message.at: /),
    ]);
    expect(read('head', aHead({ alerts: [anAlert({ since: at })] })).unreadable).toHaveLength(1);
  });

  test('with the last time that a Date holds is read', () => {
    expect(read('outbox-00000001-a-chat', owed(last)).unreadable).toEqual([]);
  });

  test('gives back whom an alert was told, and when a channel last failed', () => {
    const head = aHead({
      alerts: [anAlert({ toldTo: ['chat'] })],
      facts: { nodes: {}, channels: { pager: { since: 1, failure: 'gone: HTTP 410', at: 2 } } },
    });
    const { partition, unreadable } = read('head', head);
    expect(unreadable).toEqual([]);
    expect(partition?.head?.value).toEqual(head);
    const wrong = { ...head, alerts: [{ ...anAlert(), toldTo: 'chat' }] };
    expect(read('head', wrong).unreadable).toHaveLength(1);
  });
});
