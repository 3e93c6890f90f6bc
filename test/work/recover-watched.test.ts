/** What the recover app does, as the sweep tells it and nudges for it. */
import { describe, expect, it } from 'vitest';
import type { Recovery } from '../../shared/recovery/recovery.ts';
import { StateError } from '../../shared/state/errors.ts';
import { readStatus } from '../../shared/work/status.ts';
import { sweepOne } from '../../shared/work/sweep.ts';
import { anAsking, aRecovery } from '../fakes/state/recover-examples.ts';
import { generationRow } from '../scenarios/recover-rows.ts';
import { type Around, aroundPorts } from './around-ports.ts';
import { FleetUnderTest, intervalMs, unseal } from './fleet-under-test.ts';

const top = `
channels:
  chat: {kind: slack, url: "env:SECRET_CHAT"}
alerts: {pending: {info: 10m, critical: 5m}}`;
const escrow = 'escrow: {custodians: {a: {passphrase: "env:SECRET_A", shares: [1]}}}';
const automatic = `recovery: {policy: automatic}\n${escrow}`;

/** Two clusters, of which `payments` is brought back automatically; its escrow is in order. */
async function watched(): Promise<FleetUnderTest> {
  const fleet = new FleetUnderTest({ top, clusters: { orders: {}, payments: { yaml: automatic } } });
  const now = fleet.clock.now();
  const row = generationRow({});
  fleet.state.generationRows.push({
    ...row,
    provenAt: now,
    acceptedAt: now,
    upkeep: { at: now, problems: [] },
  });
  await fleet.sweep();
  return fleet;
}

function started(fleet: FleetUnderTest, over: Partial<Recovery> = {}): Recovery {
  const said = { byName: 'Ada Lovelace', reason: 'vault restarted after patching' };
  return aRecovery({ id: 'payments.4f1c', ...said, requestedAt: fleet.clock.now(), ...over });
}

const headlines = (fleet: FleetUnderTest) => fleet.taken('chat').map(({ headline }) => headline);
const nudges = (fleet: FleetUnderTest) => fleet.state.nudged.filter(({ queue }) => queue === 'steps');
const fails =
  (...names: string[]): Around =>
  (call, run) =>
    names.includes(call.name)
      ? Promise.reject(new StateError('unavailable', `${call.name}: no connection`))
      : run();

describe('a recovery', () => {
  it('is told at once, whatever information has to wait, then what it waits for, then how it ended', async () => {
    const fleet = await watched();
    const { recoveryRows } = fleet.state;
    recoveryRows.push(started(fleet));
    await fleet.sweep(intervalMs);
    recoveryRows[0] = started(fleet, {
      requestedAt: fleet.clock.now() - 30_000,
      waiting: { what: '2 of 3 nodes unsealed, waiting for a leader', until: 0 },
    });
    await fleet.sweep(intervalMs);
    const at = fleet.clock.now();
    recoveryRows[0] = started(fleet, {
      requestedAt: at - 42_000,
      status: 'ended',
      ended: { at, outcome: 'recovered', summary: '3 of 3 nodes serving' },
    });
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual([
      'payments: recovery started by Ada Lovelace: vault restarted after patching',
      'payments: recovery by Ada Lovelace: 2 of 3 nodes unsealed, waiting for a leader',
      'payments: recovery ended: done after 42 s: 3 of 3 nodes serving',
    ]);
  });

  it('is told by the probe of one cluster, too: recover nudges it', async () => {
    const fleet = await watched();
    fleet.state.recoveryRows.push(started(fleet));
    await fleet.passTime(sweepOne(fleet.main, 'orders'));
    expect(headlines(fleet)).toEqual([]);
    await fleet.passTime(sweepOne(fleet.main, 'payments'));
    expect(headlines(fleet)).toHaveLength(1);
  });

  it('that stopped says what a person must do, and again when that changes', async () => {
    const fleet = await watched();
    fleet.simulations.get('payments')?.apply({ kind: 'seal', node: 'payments-1' });
    const stops = async (why: string): Promise<void> => {
      const at = fleet.clock.now();
      const refusal = { why, remedy: `Start ${why.split(' ')[0]}.` };
      const summary = `${why}. ${refusal.remedy}`;
      const ended = { at, outcome: 'refused', summary, refusal } as const;
      fleet.state.recoveryRows.push(started(fleet, { id: `payments.${at}`, status: 'ended', ended }));
      await fleet.sweep(intervalMs);
      await fleet.sweep(intervalMs);
    };
    await stops('payments-1 is away');
    await stops('payments-2 is away');
    const told = fleet.taken('chat').filter(({ headline }) => headline.includes('recovery stopped'));
    expect(
      told.map(({ changes }) => changes.find(({ finding }) => finding.code === 'recovery-stopped')),
    ).toMatchObject([
      {
        finding: {
          summary: 'recovery stopped: payments-1 is away',
          advice: expect.stringMatching(
            /^Start payments-1\. \(all of it: sealwatch show payments\.\d+\)$/,
          ) as string,
        },
      },
      { finding: { summary: 'recovery stopped: payments-2 is away' } },
    ]);
  });

  it('and the escrow show on the status page', async () => {
    const fleet = await watched();
    fleet.state.recoveryRows.push(started(fleet, { needs: anAsking('sealed in process') }));
    const { clusters } = await readStatus(fleet.main);
    expect(clusters.map(({ recovery }) => recovery)).toEqual([
      { policy: 'manual', unknownSealCause: 'approval', escrow: 'none' },
      {
        policy: 'automatic',
        unknownSealCause: 'approval',
        open: {
          id: 'payments.4f1c',
          since: new Date(fleet.clock.now()).toISOString(),
          summary: 'recovery started by Ada Lovelace: vault restarted after patching',
          needs: 'approval',
          why: 'sealed in process',
        },
        escrow: { generation: 3, revision: 1, proven: true, bad: false },
      },
    ]);
  });
});

describe('tables of the recover app that cannot be read', () => {
  it('stop no sweep, end no alert, and are logged', async () => {
    const fleet = await watched();
    fleet.state.recoveryRows.push(started(fleet));
    await fleet.sweep(intervalMs);
    fleet.state.recoveryRows.length = 0;
    const deps = aroundPorts(fleet.process(), fails('recover.recoveries', 'recover.generations'));
    expect(await fleet.sweep(intervalMs, deps)).toMatchObject({ complete: true, failed: [] });
    expect(headlines(fleet)).toHaveLength(1);
    expect(fleet.logged.filter((line) => line.includes('"event":"recover-rows-unread"'))).toHaveLength(2);
    const status = await readStatus(deps);
    expect(status.clusters[1]?.recovery).toMatchObject({
      escrow: 'unknown',
      unread: [
        expect.stringContaining('table recoveries cannot be read: recover.recoveries: no connection'),
        expect.stringContaining('table generations cannot be read'),
      ],
    });
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toHaveLength(2);
  });

  it('because they hang cost a sweep five seconds and nothing else', async () => {
    const fleet = await watched();
    const around: Around = (call, run) =>
      call.name.startsWith('recover.') ? new Promise(() => undefined) : run();
    const before = fleet.clock.now();
    const result = await fleet.sweep(0, aroundPorts(fleet.process(), around));
    expect(result).toMatchObject({ complete: true, clusters: 2 });
    expect(fleet.clock.now() - before).toBeLessThan(6000);
  });

  it('in one row leave that cluster unjudged and the others judged', async () => {
    const fleet = await watched();
    fleet.yaml = fleet.yaml
      .replace('  orders:', `  orders:\n    ${escrow}`)
      .replace('info: 10m', 'warning: 0s');
    const why = 'damaged: ended.at: Invalid input';
    fleet.state.unreadableOfRecover.generations.push({ partition: 'payments', row: 'newest', why });
    fleet.state.generationRows.length = 0;
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual(['orders: escrow missing']);
    expect(fleet.logged.join('\n')).toContain(
      '"event":"row-unreadable","partition":"payments","row":"newest"',
    );
  });
});

describe('a cluster whose recovery is automatic', () => {
  const minutes = async (fleet: FleetUnderTest, count: number) => {
    for (let passed = 0; passed < count * 2; passed += 1) await fleet.sweep(intervalMs);
  };

  it('is nudged at first sight, then once a minute while it is down, by its name and nothing else', async () => {
    const fleet = await watched();
    fleet.simulation().apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    expect(nudges(fleet)).toEqual([{ queue: 'steps', cluster: 'payments', delayMs: 0 }]);
    await fleet.sweep(intervalMs);
    expect(nudges(fleet)).toHaveLength(1);
    await minutes(fleet, 5);
    expect(nudges(fleet).length).toBeGreaterThanOrEqual(5);
    expect(nudges(fleet).length).toBeLessThanOrEqual(6);
    unseal(fleet.simulation(), 'payments-2');
    await fleet.sweep(intervalMs);
    const count = nudges(fleet).length;
    await minutes(fleet, 3);
    expect(nudges(fleet)).toHaveLength(count);
  });

  it('is nudged at once for one more node, and by a probe of it alone at first sight only', async () => {
    const fleet = await watched();
    fleet.simulation().apply({ kind: 'seal', node: 'payments-2' });
    await fleet.passTime(sweepOne(fleet.main, 'payments'));
    await fleet.passTime(sweepOne(fleet.main, 'payments'));
    expect(nudges(fleet)).toHaveLength(1);
    fleet.simulation().apply({ kind: 'seal', node: 'payments-1' });
    await fleet.passTime(sweepOne(fleet.main, 'payments'));
    expect(nudges(fleet)).toHaveLength(2);
  });

  it('is nudged whatever hold stands: that is for the recover app to weigh', async () => {
    const fleet = await watched();
    const until = fleet.clock.now() + 3_600_000;
    fleet.state.standingHolds.push({ cluster: 'payments', by: 'Ada', reason: 'restore', until });
    fleet.simulation().apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    expect(nudges(fleet)).toHaveLength(1);
  });

  it('is swept and told when the nudge cannot be left', async () => {
    const fleet = await watched();
    fleet.simulation().apply({ kind: 'seal', node: 'payments-2' });
    fleet.yaml = fleet.yaml.replace('critical: 5m', 'critical: 0s');
    const result = await fleet.sweep(intervalMs, aroundPorts(fleet.process(), fails('nudges.send')));
    expect(result.complete).toBe(true);
    expect(headlines(fleet)).toEqual(['payments: node sealed: payments-2']);
    expect(fleet.logged.join('\n')).toContain('"event":"steps-not-nudged","cluster":"payments"');
  });

  it('is the only one that is nudged, and not for what shares do not mend', async () => {
    const fleet = await watched();
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    fleet.simulation().apply({ kind: 'kill', node: 'payments-2' });
    await minutes(fleet, 3);
    expect(nudges(fleet)).toEqual([]);
  });
});
