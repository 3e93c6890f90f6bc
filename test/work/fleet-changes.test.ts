import { describe, expect, it } from 'vitest';
import { readStatus } from '../../shared/work/status.ts';
import { FleetUnderTest, intervalMs } from './fleet-under-test.ts';

const chat = '  chat: {kind: slack, url: "env:SECRET_CHAT"}';
const pager = '  pager: {kind: teams, url: "env:SECRET_PAGER"}';

function fleetOf(...channels: string[]): FleetUnderTest {
  return new FleetUnderTest({
    top: `channels:\n${channels.join('\n')}`,
    clusters: { orders: {}, payments: { yaml: 'labels: {team: core}' } },
  });
}

/** Takes the lines of one cluster out of fleet.yaml. */
function withoutCluster(fleet: FleetUnderTest, name: string): void {
  const [head = '', ...entries] = fleet.yaml.split(/^(?= {2}\w+:$)/m);
  fleet.yaml = head + entries.filter((entry) => !entry.startsWith(`  ${name}:`)).join('');
}

function withoutLine(fleet: FleetUnderTest, having: string): void {
  fleet.yaml = fleet.yaml
    .split('\n')
    .filter((line) => !line.includes(having))
    .join('\n');
}

const headlines = (fleet: FleetUnderTest, channel = 'chat') =>
  fleet.taken(channel).map(({ headline }) => headline);

describe('a cluster that leaves fleet.yaml', () => {
  it('has its alerts resolved as no longer watched, once, and is forgotten', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    withoutCluster(fleet, 'payments');
    for (let more = 0; more < 3; more += 1) await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual([
      'payments: node sealed: payments-2',
      'payments: no longer watched: node sealed: payments-2, after 1 min',
    ]);
    expect(fleet.taken('chat')[1]?.changes.map(({ change, note }) => [change, note])).toContainEqual([
      'resolved',
      'no longer watched',
    ]);
    expect((await fleet.state.live.read('payments')).head).toBeUndefined();
    expect(await fleet.outbox()).toEqual([]);
    const resolved = { cluster: 'payments', what: 'node-sealed node:payments-2', to: 'resolved' };
    expect(fleet.state.transitions()).toContainEqual(expect.objectContaining(resolved));
    expect((await readStatus(fleet.main)).clusters.map(({ cluster }) => cluster)).toEqual(['orders']);
  });

  it('without an open alert leaves without a word', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    withoutCluster(fleet, 'payments');
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    expect(fleet.posted).toEqual([]);
    expect((await fleet.state.live.scan()).partitions.has('payments')).toBe(false);
  });

  it('still has sent what it owes', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    fleet.answers.set('chat', {
      delivered: false,
      reason: 'unavailable',
      recoverable: true,
      detail: 'HTTP 503',
    });
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    withoutCluster(fleet, 'payments');
    await fleet.sweep(intervalMs);
    fleet.answers.delete('chat');
    for (let more = 0; more < 3; more += 1) await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual([
      'payments: node sealed: payments-2',
      'payments: no longer watched: node sealed: payments-2, after 1 min',
    ]);
    expect(await fleet.outbox()).toEqual([]);
  });

  it('and comes back begins anew', async () => {
    const fleet = fleetOf(chat);
    const whole = fleet.yaml;
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep();
    withoutCluster(fleet, 'payments');
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    fleet.yaml = whole;
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual([
      'payments: node sealed: payments-2',
      'payments: no longer watched: node sealed: payments-2, after 1 min',
      'payments: node sealed: payments-2',
    ]);
  });

  it('for one sweep only, while the file is being written, is not forgotten', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    const whole = fleet.yaml;
    withoutCluster(fleet, 'payments');
    await fleet.sweep(intervalMs);
    fleet.yaml = whole;
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual(['payments: node sealed: payments-2']);
  });

  it('has sent what it owes before it is forgotten', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    fleet.answers.set('chat', {
      delivered: false,
      reason: 'unavailable',
      recoverable: true,
      detail: 'HTTP 503',
    });
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    fleet.answers.delete('chat');
    withoutCluster(fleet, 'payments');
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual(['payments: node sealed: payments-2']);
  });
});

describe('a node that leaves fleet.yaml', () => {
  it('has its alerts resolved as no longer watched, and its facts forgotten', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    withoutLine(fleet, 'payments-2');
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).at(-1)).toMatch(/^payments: no longer watched: node sealed: payments-2/);
    const { head } = await fleet.state.live.read('payments');
    expect(Object.keys(head?.value.facts.nodes ?? {})).toEqual(['payments-1', 'payments-3']);
    expect(head?.value.alerts.map(({ key }) => key)).not.toContain('node-sealed node:payments-2');
  });
});

describe('a fleet.yaml that is not valid', () => {
  it('leaves the last good one in force, is told with its lines, and is told as mended', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    const good = fleet.yaml;
    fleet.yaml = good.replace('labels:', 'lables:');
    await fleet.sweep(intervalMs);
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).toSorted()).toEqual([
      'fleet: fleet.yaml is invalid',
      'payments: node sealed: payments-2',
    ]);
    const told = fleet.taken('chat').find(({ cluster }) => cluster === 'fleet');
    expect(told?.changes[0]?.finding.evidence.join('\n')).toContain('lables');
    expect((await readStatus(fleet.main)).fleet.map(({ code }) => code)).toEqual(['fleet-config-invalid']);
    fleet.yaml = good;
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).at(-1)).toMatch(/^fleet: recovered: fleet.yaml is invalid/);
  });

  it('is told by a process that starts beside it, which watches what was watched before', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    fleet.yaml = fleet.yaml.replace('labels:', 'lables:');
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    const anew = fleet.process();
    for (let sweeps = 0; sweeps < 2; sweeps += 1)
      expect(await fleet.sweep(intervalMs, anew)).toMatchObject({ complete: true });
    expect(headlines(fleet).toSorted()).toEqual([
      'fleet: fleet.yaml is invalid',
      'payments: node sealed: payments-2',
    ]);
  });

  it('is no configuration at all for a process that never saw a good one', async () => {
    const fleet = fleetOf(chat);
    fleet.yaml = fleet.yaml.replace('labels:', 'lables:');
    await expect(fleet.sweep()).rejects.toThrow(/lables/);
    expect(await fleet.state.sweeps.last()).toBeUndefined();
  });

  it('does not make anybody forget a cluster that is in it no more', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    fleet.yaml = 'version: 1\nclusters: {}\n';
    await fleet.sweep(intervalMs);
    expect((await fleet.state.live.read('payments')).head).toBeDefined();
  });
});

describe('a channel that leaves fleet.yaml while messages are owed to it', () => {
  it('has them taken by the first channel there is', async () => {
    const fleet = fleetOf(chat, pager);
    await fleet.sweep();
    fleet.answers.set('pager', {
      delivered: false,
      reason: 'unavailable',
      recoverable: true,
      detail: 'HTTP 503',
    });
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    withoutLine(fleet, 'pager:');
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    const instead = fleet.taken('chat').filter(({ insteadOf }) => insteadOf !== undefined);
    expect(instead.map(({ headline, insteadOf }) => [headline, insteadOf?.channel])).toEqual([
      ['payments: node sealed: payments-2', 'pager'],
    ]);
    expect(await fleet.outbox()).toEqual([]);
  });

  it('has them kept where no channel is left, for one that comes', async () => {
    const fleet = fleetOf(chat);
    await fleet.sweep();
    fleet.answers.set('chat', {
      delivered: false,
      reason: 'unavailable',
      recoverable: true,
      detail: 'HTTP 503',
    });
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    fleet.yaml = fleet.yaml.replace(`channels:\n${chat.slice(2)}`, '').replace(`channels:\n${chat}`, '');
    expect(fleet.fleet.channels).toEqual([]);
    await fleet.sweep(intervalMs);
    expect(await fleet.outbox()).toHaveLength(1);
    expect((await readStatus(fleet.main)).undelivered).toBe(1);
    fleet.yaml = fleet.yaml.replace('clusters:', `channels:\n${pager}\nclusters:`);
    for (let more = 0; more < 3; more += 1) await fleet.sweep(30 * 60_000);
    expect(headlines(fleet, 'pager')).toContain('payments: node sealed: payments-2');
  });

  it('ends the alert about it', async () => {
    const fleet = fleetOf(chat, pager);
    await fleet.sweep();
    fleet.answers.set('pager', { delivered: false, reason: 'gone', recoverable: false, detail: 'HTTP 410' });
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toContain('fleet: alerts cannot be delivered: pager');
    withoutLine(fleet, 'pager:');
    for (let sweeps = 0; sweeps < 2; sweeps += 1) await fleet.sweep(intervalMs);
    expect(headlines(fleet).join('\n')).toMatch(
      /fleet: no longer watched: alerts cannot be delivered: pager/,
    );
  });
});
