import { describe, expect, it } from 'vitest';
import { afterOutcomes, noteOutcomes } from '../../shared/work/channels.ts';
import { sweep } from '../../shared/work/sweep.ts';
import { aHead, anAlert } from '../fakes/state/examples.ts';
import { FleetUnderTest } from './fleet-under-test.ts';

const hour = 3_600_000;
const failed = [{ channel: 'pager', failure: 'gone: HTTP 410' }];

describe('what is remembered of a channel', () => {
  it('is its first failure, and when the last one was', () => {
    const first = afterOutcomes({}, failed, ['pager'], hour);
    expect(first).toEqual({ pager: { since: hour, failure: 'gone: HTTP 410', at: hour } });
    const again = afterOutcomes(first, [{ channel: 'pager', failure: 'network: x' }], ['pager'], 2 * hour);
    expect(again).toEqual({ pager: { since: hour, failure: 'gone: HTTP 410', at: 2 * hour } });
  });

  it('ends when it takes a message, or leaves fleet.yaml', () => {
    const before = afterOutcomes({}, failed, ['pager'], hour);
    expect(afterOutcomes(before, [{ channel: 'pager' }], ['pager'], hour)).toEqual({});
    expect(afterOutcomes(before, [], ['chat'], hour)).toEqual({});
  });

  it('is over a day after the last failure, for a channel that is seldom told anything', () => {
    const before = afterOutcomes({}, failed, ['pager'], hour);
    expect(afterOutcomes(before, [], ['pager'], 25 * hour - 1)).toEqual(before);
    expect(afterOutcomes(before, [], ['pager'], 25 * hour)).toEqual({});
    const again = afterOutcomes(before, failed, ['pager'], 20 * hour);
    expect(afterOutcomes(again, [], ['pager'], 43 * hour)).toEqual(again);
  });

  it('by an older version, which did not note the last failure, counts from the first', () => {
    const before = { pager: { since: hour, failure: 'gone: HTTP 410' } };
    expect(afterOutcomes(before, [], ['pager'], 25 * hour - 1)).toEqual(before);
    expect(afterOutcomes(before, [], ['pager'], 25 * hour)).toEqual({});
  });
});

describe('outcomes of deliveries that end together', () => {
  const outcomeOf = (channel: string) => [{ channel, failure: 'gone: HTTP 410' }];

  it('are noted of each channel, however many say the same of another one', async () => {
    const fleet = new FleetUnderTest();
    const channels = [...Array.from({ length: 20 }, () => 'pager'), 'chat', 'ops'];
    await Promise.all(
      channels.map((channel) => noteOutcomes(fleet.main, outcomeOf(channel), ['pager', 'chat', 'ops'])),
    );
    const { head } = await fleet.state.live.read('fleet');
    expect(Object.keys(head?.value.facts.channels ?? {})).toEqual(['pager', 'chat', 'ops']);
    expect(head?.value.revision).toBe(3);
  });

  it('are noted of each channel, though many more see others at once, and leave the alerts of the fleet alone', async () => {
    const fleet = new FleetUnderTest();
    const alerts = [anAlert()];
    await fleet.state.live.commit('fleet', { ...aHead(), cluster: 'fleet', alerts }, undefined, []);
    const channels = Array.from({ length: 40 }, (_, n) => `team-${n}`);
    await Promise.all(channels.map((channel) => noteOutcomes(fleet.main, outcomeOf(channel), channels)));
    const { head } = await fleet.state.live.read('fleet');
    expect(Object.keys(head?.value.facts.channels ?? {}).toSorted()).toEqual(channels.toSorted());
    expect(head?.value.alerts).toEqual(alerts);
  });

  it('are given up, with a line in the log, where others write all the time', async () => {
    const fleet = new FleetUnderTest();
    let tries = 0;
    const commit = async () => {
      tries += 1;
      return { committed: false, why: 'conflict' } as const;
    };
    const deps = fleet.process({ state: { ...fleet.state, live: { ...fleet.state.live, commit } } });
    await noteOutcomes(deps, outcomeOf('pager'), ['pager']);
    expect(tries).toBe(60);
    expect(fleet.logged.at(-1)).toContain('"event":"outcomes-not-noted"');
  });

  it('are not lost with the word of a sweep that came second', async () => {
    const url = 'kind: slack, url: "env:SECRET_CHAT"';
    const fleet = new FleetUnderTest({
      top: `channels: {pager: {${url}, fallback: chat}, chat: {${url}}}`,
      clusters: { payments: { nodes: 1, yaml: 'notify: [pager]' } },
      env: { SECRET_CHAT: 'https://hooks.slack.com/services/T/B/X' },
    });
    await fleet.sweep();
    fleet.answers.set('pager', { delivered: false, reason: 'gone', recoverable: false, detail: 'HTTP 410' });
    fleet.simulation().apply({ kind: 'seal', node: 'payments-1' });
    const { live } = fleet.state;
    let conflicts = 0;
    const commit: typeof live.commit = async (partition, ...rest) => {
      if (partition !== 'fleet' || conflicts > 0) return live.commit(partition, ...rest);
      conflicts += 1;
      return { committed: false, why: 'conflict' };
    };
    const deps = fleet.process({ state: { ...fleet.state, live: { ...live, commit } } });
    await fleet.passTime(sweep(deps));
    expect(conflicts).toBe(1);
    expect(Object.keys((await live.read('fleet')).head?.value.facts.channels ?? {})).toEqual(['pager']);
  });

  it('write nothing where the same was noted within a minute', async () => {
    const fleet = new FleetUnderTest();
    for (const afterMs of [0, 1, 60_000]) {
      await fleet.clock.advance(afterMs);
      await noteOutcomes(fleet.main, outcomeOf('pager'), ['pager']);
    }
    expect((await fleet.state.live.read('fleet')).head?.value.revision).toBe(2);
  });
});
