/** A night in which one node is sealed and comes back, told to one channel that works and one that does not. */
import { expect } from 'vitest';
import { FleetUnderTest, type Posted } from './fleet-under-test.ts';

export const node = 'payments-2';
const key = `node-sealed node:${node}`;

/** `hook` is gone for good; `backup` takes its messages. */
export function sealedNodeFleet(): FleetUnderTest {
  const fleet = new FleetUnderTest({
    top: `
channels:
  chat: {kind: slack, url: "env:SECRET_CHAT"}
  hook: {kind: teams, url: "env:SECRET_HOOK", fallback: backup}
  backup: {kind: slack, url: "env:SECRET_BACKUP", minimumSeverity: critical}
heartbeat: {url: "https://127.0.0.1/beat"}`,
    clusters: { payments: { yaml: 'notify: [chat, hook]' } },
  });
  fleet.answers.set('hook', { delivered: false, reason: 'gone', recoverable: false, detail: 'HTTP 410' });
  return fleet;
}

/** What must hold at the end, whatever stopped in between. `mostCopies`: of one message in one channel. */
export async function expectAllTold(fleet: FleetUnderTest, mostCopies: number): Promise<void> {
  const posts = fleet.posted.filter(({ message }) => message.cluster === 'payments');
  for (const [change, ids] of idsByChange(posts)) {
    expect([...ids], `${change} has one message`).toHaveLength(1);
  }
  for (const channel of ['chat', 'backup']) {
    const got = posts.filter((post) => post.channel === channel && post.taken);
    const fired = got.findIndex((post) => tells(post, 'fired'));
    const resolved = got.findIndex((post) => tells(post, 'resolved'));
    expect(fired, `${channel} hears that it fired`).toBeGreaterThanOrEqual(0);
    expect(resolved, `${channel} hears that it resolved, afterwards`).toBeGreaterThan(fired);
    for (const [id, copies] of Object.entries(Object.groupBy(got, ({ message }) => message.id))) {
      expect(copies?.length, `${channel} gets ${id}`).toBeLessThanOrEqual(mostCopies);
    }
  }
  expect(await fleet.outbox()).toEqual([]);

  const steps = fleet.state.transitions().filter(({ cluster }) => cluster === 'payments');
  const of = (what: string) =>
    steps.filter((step) => step.what === what).map(({ from, to }) => `${from} → ${to}`);
  expect(of(key)).toEqual(['none → firing', 'firing → resolved']);
  expect(of(`node:${node}`)).toEqual(['unknown → standby', 'standby → sealed', 'sealed → standby']);

  const { head } = await fleet.state.live.read('payments');
  expect(Object.keys(head?.value.facts.nodes ?? {})).toEqual(['payments-1', node, 'payments-3']);
  const open = head?.value.alerts.filter(({ resolvedAt }) => resolvedAt === undefined);
  expect(open?.map((alert) => alert.key)).not.toContain(key);
  expect(await fleet.state.sweeps.last()).toMatchObject({ complete: true });
}

function tells({ message }: Posted, change: string): boolean {
  return message.changes.some((item) => item.change === change && item.finding.code === 'node-sealed');
}

function idsByChange(posts: Posted[]): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { message } of posts) {
    for (const { change, finding } of message.changes) {
      const what = `${change} ${finding.code}`;
      ids.set(what, (ids.get(what) ?? new Set()).add(message.id));
    }
  }
  return ids;
}
