/** Fields that change who hears of what, and when. */
import { expect } from 'vitest';
import type { FindingCode, Severity } from '../../../shared/finding.ts';
import { readStatus } from '../../../shared/work/status.ts';
import { FleetUnderTest, unseal } from '../fleet-under-test.ts';
import type { Proof } from './proof.ts';

const minute = 60_000;
const login = 'login: {method: approle, roleId: role, secretId: "env:SECRET_ID"}';

function fleetWith(top: string, own = ''): FleetUnderTest {
  const channels =
    'channels:\n  chat: {kind: slack, url: "env:SECRET_CHAT"}\n  pager: {kind: teams, url: "env:SECRET_PAGER"}';
  const fleet = new FleetUnderTest({
    top: top.includes('channels:') ? top : `${channels}\n${top}`,
    clusters: { payments: { yaml: `${login}\n${own}` } },
    env: { SECRET_ID: 'secret-id' },
  });
  fleet.simulation().addLogin('role', 'secret-id');
  fleet.simulation().apply({ kind: 'autopilot', settings: { cleanupDeadServers: true, minQuorum: 3 } });
  return fleet;
}

/** Something of each severity, of which the cluster speaks no worse. */
const trouble: Record<Severity, (fleet: FleetUnderTest) => void> = {
  critical: (fleet) => fleet.simulation().apply({ kind: 'seal', node: 'payments-2' }),
  warning: (fleet) =>
    fleet.simulation().apply({ kind: 'autopilot', settings: { deadServerThreshold: '1m0s' } }),
  info: (fleet) => fleet.simulation().apply({ kind: 'upgrade', node: 'payments-2', version: '1.20.0' }),
};

const kinds = (fleet: FleetUnderTest, channel = 'chat') => fleet.taken(channel).map(({ kind }) => kind);

const codes: Record<Severity, FindingCode> = {
  critical: 'node-sealed',
  warning: 'autopilot-cleanup-too-eager',
  info: 'version-skew',
};

/** What was told of this trouble, in order: "fired", "reminder". */
function changes(fleet: FleetUnderTest, severity: Severity): string[] {
  const items = fleet.taken('chat').flatMap((message) => message.changes);
  return items.filter(({ finding }) => finding.code === codes[severity]).map(({ change }) => change);
}

function waits(severity: Severity): Proof {
  return async () => {
    const fleet = fleetWith(`alerts: {pending: {${severity}: 5m}, reminder: {${severity}: 0s}}`);
    await fleet.sweep();
    trouble[severity](fleet);
    for (let passed = 0; passed < 5; passed += 1) await fleet.sweep(minute);
    expect(changes(fleet, severity)).toEqual([]);
    await fleet.sweep(minute);
    expect(changes(fleet, severity)).toEqual(['fired']);
  };
}

function reminds(severity: Severity): Proof {
  return async () => {
    const fleet = fleetWith(`alerts: {pending: {${severity}: 0s}, reminder: {${severity}: 10m}}`);
    const never = fleetWith(`alerts: {pending: {${severity}: 0s}, reminder: {${severity}: 0s}}`);
    for (const each of [fleet, never]) {
      await each.sweep();
      trouble[severity](each);
      for (let passed = 0; passed <= 11; passed += 1) await each.sweep(minute);
    }
    expect(changes(fleet, severity)).toEqual(['fired', 'reminder']);
    expect(changes(never, severity)).toEqual(['fired']);
  };
}

export const toldFields: Record<string, Proof> = {
  'alerts.pending.critical': waits('critical'),
  'alerts.pending.warning': waits('warning'),
  'alerts.pending.info': waits('info'),
  'alerts.reminder.critical': reminds('critical'),
  'alerts.reminder.warning': reminds('warning'),
  'alerts.reminder.info': reminds('info'),
  'channels.*.minimumSeverity': async () => {
    const fleet = fleetWith(`
channels:
  chat: {kind: slack, url: "env:SECRET_CHAT"}
  pager: {kind: teams, url: "env:SECRET_PAGER", minimumSeverity: critical}
alerts: {pending: {warning: 0s}}`);
    await fleet.sweep();
    trouble.warning(fleet);
    await fleet.sweep(30_000);
    expect([kinds(fleet, 'chat'), kinds(fleet, 'pager')]).toEqual([['alert'], []]);
    trouble.critical(fleet);
    await fleet.sweep(30_000);
    unseal(fleet.simulation(), 'payments-2');
    await fleet.sweep(30_000);
    // Who heard that it began hears that it is over.
    expect(kinds(fleet, 'pager')).toEqual(['alert', 'resolved']);
  },
  'clusters.*.notify': async () => {
    const fleet = fleetWith('', 'notify: [pager]');
    await fleet.sweep();
    trouble.critical(fleet);
    await fleet.sweep(30_000);
    expect([kinds(fleet, 'chat'), kinds(fleet, 'pager')]).toEqual([[], ['alert']]);
  },
  'clusters.*.labels': async () => {
    const fleet = fleetWith('', 'labels: {team: core}');
    await fleet.sweep();
    trouble.critical(fleet);
    await fleet.sweep(30_000);
    expect(fleet.taken('chat')[0]?.labels).toEqual({ team: 'core' });
    expect((await readStatus(fleet.main)).clusters[0]?.labels).toEqual({ team: 'core' });
  },
  'clusters.*.nodes[].name': async () => {
    const fleet = fleetWith('');
    fleet.yaml = fleet.yaml.replace('{name: payments-2,', '{name: the-second,');
    await fleet.sweep();
    trouble.critical(fleet);
    await fleet.sweep(30_000);
    expect(fleet.taken('chat')[0]?.headline).toBe('payments: node sealed: the-second');
  },
  'clusters.*.nodes[].nodeId': async () => {
    const fleet = fleetWith('alerts: {pending: {warning: 0s}}');
    fleet.yaml = fleet.yaml.replace('nodeId: raft-2', 'nodeId: raft-9');
    await fleet.sweep();
    const codes = fleet.taken('chat').flatMap(({ changes }) => changes.map(({ finding }) => finding.code));
    expect(codes).toEqual(expect.arrayContaining(['raft-peer-missing', 'raft-peer-unknown']));
  },
};
