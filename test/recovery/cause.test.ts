import { expect, it } from 'vitest';
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
