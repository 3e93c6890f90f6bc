import { describe, expect, it } from 'vitest';
import { afterOutcomes } from '../../shared/work/channels.ts';

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
