import { describe, expect, it } from 'vitest';
import { causeOf } from '../../shared/recovery/plan/cause.ts';
import * as b from './build.ts';

const started = b.now - 60_000;
/** Unsealed by us: the last share went out 30 s ago; the newest note is older than that. */
const input = {
  notes: [{ cluster: 'payments', node: 'vault-1', start: b.now - 3_600_000, at: b.now - 120_000 }],
  disproofs: [],
  recovery: b.recovery({ unsealed: ['vault-1'], intents: b.intents(1, 3, b.now - 30_000) }),
};

it.each([
  ['that ran when we sent it: sealed since, perhaps on purpose', started, 'unknown'],
  ['that began after our last share: it restarted', b.now - 10_000, 'restarted'],
  ['that began as our last share went out: nobody can tell', b.now - 29_000, 'unknown'],
])('a process %s', (_what, start, kind) => {
  expect(causeOf(input, { node: 'vault-1', start })).toMatchObject({ kind });
});

it('that may have taken our set, and whose answer was never learnt, is of unknown cause', () => {
  const { recovery } = input;
  const killed = { ...input, recovery: { ...recovery, unsealed: [] } };
  expect(causeOf(killed, { node: 'vault-1', start: started }, true)).toMatchObject({ kind: 'unknown' });
  expect(causeOf(killed, { node: 'vault-1', start: started })).toMatchObject({ kind: 'restarted' });
});

describe('what an earlier recovery sent', () => {
  const { intents, troubles } = b.recovery({ intents: b.intents(1, 3, b.now - 30_000) });
  const now = { ...input, recovery: b.recovery() };
  const judge = (over: { unsealed?: string[]; troubles?: typeof troubles }, start = started) =>
    causeOf({ ...now, earlier: [{ intents, troubles, unsealed: [], ...over }] }, { node: 'vault-1', start })
      .kind;

  it('and never learnt the end of makes the cause unknown', () => {
    expect(judge({})).toBe('unknown');
    expect(judge({ unsealed: ['vault-1'] })).toBe('unknown');
  });

  it('and saw refused, or sent to the process before, does not', () => {
    expect(judge({ troubles: [b.trouble(1, 'unseal-interference', b.now - 29_000)] })).toBe('restarted');
    expect(judge({}, b.now - 10_000)).toBe('restarted');
  });
});

it.each([
  ['hours after the noted one, and an hour before it was last seen unsealed', 60 * b.minute, 'unknown'],
  ['3 s before it was last seen unsealed', 3000, 'unknown'],
  ['within the 2 s by which clocks round', 1900, 'restarted'],
])('a start %s', (_what, before, kind) => {
  const at = b.now - 5 * b.minute;
  const seen = { notes: [{ cluster: 'payments', node: 'vault-1', start: b.started, at }], disproofs: [] };
  expect(causeOf({ ...seen, recovery: b.recovery() }, { node: 'vault-1', start: at - before })).toMatchObject(
    { kind },
  );
});
