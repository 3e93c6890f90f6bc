/** What only a login or nodeIds could tell ends with them, and what was mended resolves. */
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../shared/alert/alert.ts';
import { type FindingCode, finding, findingKey } from '../../shared/finding.ts';
import { FleetUnderTest, intervalMs } from './fleet-under-test.ts';

const chat = '  chat: {kind: slack, url: "env:SECRET_CHAT"}';

function withoutLine(fleet: FleetUnderTest, having: string): void {
  fleet.yaml = fleet.yaml
    .split('\n')
    .filter((line) => !line.includes(having))
    .join('\n');
}

/** An alert of this code that was told before. */
async function withAlert(fleet: FleetUnderTest, code: FindingCode): Promise<void> {
  const { head } = await fleet.state.live.read('payments');
  if (!head) throw new Error('no head yet');
  const subject = { kind: 'cluster' } as const;
  const alert: Alert = {
    key: findingKey(code, subject),
    status: 'firing',
    finding: finding(code, subject, code, []),
    since: fleet.clock.now(),
    firedAt: fleet.clock.now(),
    toldAt: fleet.clock.now(),
    told: true,
    toldTo: ['chat'],
  };
  await fleet.state.live.commit('payments', { ...head.value, alerts: [alert] }, head.etag, []);
}

/** Sweeps until something was told, and then for an hour more of quiet. */
async function sweepOn(fleet: FleetUnderTest, sweeps: number): Promise<void> {
  for (let more = 0; more < sweeps; more += 1) await fleet.sweep(intervalMs);
}

const changesOf = (fleet: FleetUnderTest) =>
  fleet
    .taken('chat')
    .flatMap(({ changes }) => changes.map(({ finding, change }) => `${finding.code} ${change}`));

const approle = 'login: {method: approle, roleId: role, secretId: "env:SECRET_ID"}';

describe('a login that leaves fleet.yaml', () => {
  it('ends what only a login can read: nobody would ever judge it again', async () => {
    const fleet = new FleetUnderTest({
      top: `channels:\n${chat}`,
      clusters: { payments: { yaml: 'login: {method: token, token: "env:SECRET_TOKEN"}' } },
      env: { SECRET_TOKEN: 'hvs.of-no-policy' },
    });
    await sweepOn(fleet, 30);
    withoutLine(fleet, 'login:');
    await sweepOn(fleet, 2);
    expect(changesOf(fleet)).toEqual(['probe-denied fired', 'probe-denied resolved']);
  });

  it.each([
    'raft-unhealthy',
    'raft-peer-dead',
    'raft-peer-lagging',
    'raft-peer-unknown',
    'raft-peer-missing',
    'autopilot-cleanup-off',
    'autopilot-cleanup-too-eager',
    'probe-denied',
  ] as const)('ends an open %s', async (code) => {
    const fleet = new FleetUnderTest({ top: `channels:\n${chat}` });
    await fleet.sweep();
    await withAlert(fleet, code);
    await fleet.sweep(intervalMs);
    expect(changesOf(fleet)).toEqual([`${code} resolved`]);
  });

  it('ends a tolerance that only raft showed to be lost', async () => {
    const fleet = new FleetUnderTest({
      top: `channels:\n${chat}`,
      clusters: { payments: { yaml: `${approle}\nexpect: {voters: 5}` } },
      env: { SECRET_ID: 'secret-id' },
    });
    fleet.simulation().addLogin('role', 'secret-id');
    await sweepOn(fleet, 30);
    expect(changesOf(fleet)).toContain('raft-tolerance-lost fired');
    withoutLine(fleet, 'login:');
    await sweepOn(fleet, 2);
    expect(changesOf(fleet)).toContain('raft-tolerance-lost resolved');
  });
});

describe('a raft peer that fleet.yaml did not know', () => {
  const withNode4 = () => {
    const fleet = new FleetUnderTest({
      top: `channels:\n${chat}`,
      clusters: { payments: { nodes: 4, yaml: approle } },
      env: { SECRET_ID: 'secret-id' },
    });
    fleet.simulation().addLogin('role', 'secret-id');
    return fleet;
  };

  it.each([true, false])('is told, and resolves once it is there, with nodeIds: %s', async (ids) => {
    const fleet = withNode4();
    if (!ids) fleet.yaml = fleet.yaml.replaceAll(/, nodeId: [\w-]+/g, '');
    const complete = fleet.yaml;
    withoutLine(fleet, 'payments-4');
    await sweepOn(fleet, 30);
    expect(changesOf(fleet)).toContain('raft-peer-unknown fired');
    fleet.yaml = complete;
    await sweepOn(fleet, 2);
    expect(changesOf(fleet)).toContain('raft-peer-unknown resolved');
  });

  it('resolves when nodeIds leave fleet.yaml, which named it', async () => {
    const fleet = withNode4();
    withoutLine(fleet, 'payments-4');
    await sweepOn(fleet, 30);
    const [peer] = fleet
      .taken('chat')
      .flatMap(({ changes }) => changes.map(({ finding }) => finding.subject));
    fleet.yaml = fleet.yaml.replaceAll(/, nodeId: [\w-]+/g, '');
    await sweepOn(fleet, 2);
    const told = fleet.taken('chat').flatMap(({ changes }) => changes);
    expect(told).toContainEqual(
      expect.objectContaining({ change: 'resolved', finding: expect.objectContaining({ subject: peer }) }),
    );
  });
});
