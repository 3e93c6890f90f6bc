import { expect, it } from 'vitest';
import type { FleetUnderTest } from '../../demo/fleet-under-test.ts';
import { Inbox, type ToldChange } from '../../demo/inbox.ts';
import { playStep, type Stage, StepFailed } from '../../demo/run-story.ts';
import type { StepLine } from '../../demo/scene.ts';
import type { SeenStatus } from '../../demo/seen-status.ts';
import type { Step } from '../../demo/story.ts';

/** A cluster of which only the log is ever asked for: acts of these steps only tell. */
const fleet: FleetUnderTest = {
  server: 'none',
  nodes: [{ name: 'payments-2', nodeId: 'raft-2', address: 'https://127.0.0.1:10002' }],
  ca: '',
  initialise: async () => undefined,
  probeLogin: async () => ({ roleId: '', secretId: '' }),
  active: async () => 'payments-1',
  kill: async () => undefined,
  start: async () => undefined,
  unseal: async () => undefined,
  seal: async () => undefined,
  logTail: (node) => `last words of ${node}`,
  close: async () => undefined,
};

function statusOf(states: string[], codes: string[] = []): SeenStatus {
  const alert = (code: string) => ({ code, status: 'firing', severity: 'warning', summary: `${code}!` });
  return {
    watching: 'yes',
    clusters: [
      {
        cluster: 'payments',
        status: 'warning',
        nodes: states.map((state, i) => ({ name: `payments-${i + 1}`, address: '', state })),
        alerts: codes.map(alert),
      },
    ],
    fleet: [],
  };
}

function told(change: string, code: string, node?: string): ToldChange {
  const subject = node === undefined ? { kind: 'cluster' } : { kind: 'node', name: node };
  return { change, code, subject, at: Date.now(), headline: `payments: ${code}`, leads: true };
}

function stage(status: SeenStatus, over: Partial<Stage> = {}): Stage & { inbox: Inbox } {
  const inbox = new Inbox('whsec_AAAA');
  const signal = new AbortController().signal;
  return { fleet, inbox, status: () => status, signal, patienceMs: 300, ...over };
}

function kill(tell: () => void, over: Partial<Step> = {}): Step {
  return {
    title: 'a follower is killed',
    act: {
      name: 'the kill',
      run: async () => {
        tell();
        return ['payments-2'];
      },
    },
    tells: [{ change: 'fired', code: 'node-unreachable' }],
    shows: [],
    states: { active: 1, unreachable: 1 },
    clear: false,
    ...over,
  };
}

const newLine = (): StepLine => ({ title: 'a follower is killed', state: 'waiting', detail: '' });
const down = statusOf(['active', 'unreachable'], ['node-unreachable', 'raft-peer-dead']);

async function failing(played: Stage, step: Step): Promise<{ error: StepFailed; line: StepLine }> {
  const line = newLine();
  const error = await playStep(played, step, line).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StepFailed)) throw new Error(`no failed step, but ${String(error)}`);
  return { error, line };
}

it('says what was told after the act, and what the status shows besides', async () => {
  const played = stage(down);
  const line = newLine();
  const step = kill(() => played.inbox.changes.push(told('fired', 'node-unreachable', 'payments-2')), {
    shows: ['raft-peer-dead'],
  });
  await playStep(played, step, line);
  expect(line.state).toBe('ok');
  expect(line.detail).toMatch(
    /^node-unreachable told \d\.\d s after the kill \(.*\); raft-peer-dead found after/,
  );
});

it.each([
  ['nothing was told', []],
  ['another node was meant', [told('fired', 'node-unreachable', 'payments-3')]],
  ['something else was told', [told('fired', 'node-sealed', 'payments-2')]],
])('fails when %s', async (_, changes) => {
  const played = stage(down);
  const { error, line } = await failing(
    played,
    kill(() => played.inbox.changes.push(...changes)),
  );
  expect(error.message).toBe('not within 0.3 s: node-unreachable fired');
  expect(line.state).toBe('failed');
});

it('does not count what was told before the act', async () => {
  const played = stage(down);
  played.inbox.changes.push(told('fired', 'node-unreachable', 'payments-2'));
  const { error } = await failing(
    played,
    kill(() => undefined),
  );
  expect(error.message).toContain('node-unreachable fired');
});

it.each([
  ['a node is in another state', statusOf(['active', 'standby']), {}, '1 unreachable in the status'],
  [
    'a finding is not shown',
    statusOf(['active', 'unreachable']),
    { shows: ['raft-peer-dead'] },
    'raft-peer-dead',
  ],
  ['an alert does not end', down, { clear: true }, 'node-unreachable to end, raft-peer-dead to end'],
] satisfies [string, SeenStatus, Partial<Step>, string][])(
  'fails when the status endpoint does not agree: %s',
  async (_, status, over, missing) => {
    const played = stage(status);
    const step = kill(() => played.inbox.changes.push(told('fired', 'node-unreachable', 'payments-2')), over);
    const { error } = await failing(played, step);
    expect(error.message).toBe(`not within 0.3 s: ${missing}`);
  },
);

it('does not take what was told as over for an alarm', async () => {
  const played = stage(down);
  played.inbox.changes.push(told('fired', 'node-unreachable', 'payments-2'));
  const over = { ...told('resolved', 'node-unreachable', 'payments-2'), headline: 'node does not answer' };
  const { error } = await failing(
    played,
    kill(() => played.inbox.changes.push(over)),
  );
  expect(error.message).toBe('not within 0.3 s: node-unreachable fired');
});

it('fails at once when a message of recovery is not about its alarm', async () => {
  const played = stage(statusOf(['active', 'standby']));
  played.inbox.changes.push(told('fired', 'no-leader'));
  const over = { ...told('resolved', 'no-leader'), headline: 'recovered: no active node: payments-2' };
  const step = kill(() => played.inbox.changes.push(over), {
    tells: [{ change: 'resolved', code: 'no-leader' }],
  });
  const { error } = await failing(played, step);
  expect(error.message).toContain('recovered names payments-2, the alarm did not');
});

it('fails at once when a real receiver would have refused the payload', async () => {
  const played = stage(down);
  const { error } = await failing(
    played,
    kill(() => played.inbox.problems.push('slack payload: blocks: too many')),
  );
  expect(error.message).toBe('slack payload: blocks: too many');
});

it('reports what was received, what the status says and the end of each log', async () => {
  const played = stage(down);
  const act = {
    name: 'the kill',
    run: async () => {
      played.inbox.messages.push({ at: 0, channel: 'slack', lines: ['hello'], signature: 'verified' });
      throw new Error('payments-2 does not die');
    },
  };
  const { error } = await failing(
    played,
    kill(() => undefined, { act }),
  );
  expect(error.message).toBe('it could not be done: payments-2 does not die');
  const report = error.report.join('\n');
  for (const part of ['hello', 'payments-2: unreachable', 'raft-peer-dead!', 'last words of payments-2'])
    expect(report).toContain(part);
});

it('is no failure when a person ends it', async () => {
  const stop = new AbortController();
  const played = stage(down, { signal: stop.signal, patienceMs: 60_000 });
  const line = newLine();
  const step = kill(() => stop.abort(new Error('SIGINT')));
  await expect(playStep(played, step, line)).rejects.not.toBeInstanceOf(StepFailed);
  expect(line.state).toBe('running');
});
