/** What the rotate app works on, as the sweep tells it and the status page shows it. */
import { describe, expect, it } from 'vitest';
import type { Rotation } from '../../shared/rotation/rotation.ts';
import { StateError } from '../../shared/state/errors.ts';
import { readStatus } from '../../shared/work/status.ts';
import { sweepOne } from '../../shared/work/sweep.ts';
import { aRotation, aRotationBinding } from '../fakes/state/rotate-examples.ts';
import { type Around, aroundPorts } from './around-ports.ts';
import { FleetUnderTest, intervalMs } from './fleet-under-test.ts';

const top =
  'channels:\n  chat: {kind: slack, url: "env:SECRET_CHAT"}\nalerts: {pending: {warning: 0s, info: 0s}}';
const day = 24 * 3_600_000;
const unread: Around = (call, run) =>
  call.name === 'rotate.rotations' ? Promise.reject(new StateError('unavailable', 'no connection')) : run();

const headlines = (fleet: FleetUnderTest) => fleet.taken('chat').map(({ headline }) => headline);

async function watched(): Promise<FleetUnderTest> {
  const fleet = new FleetUnderTest({ top, clusters: { payments: {}, orders: {} } });
  await fleet.sweep();
  return fleet;
}

function works(fleet: FleetUnderTest, over: Partial<Rotation> = {}): void {
  const now = fleet.clock.now();
  const waiting = { what: 'a restart of payments/vault-2', since: now - day, until: now, overdueAt: now };
  const row = aRotation({ requestedAt: now - day, reached: { due: now - day }, waiting, ...over });
  fleet.state.rotationRows.splice(0, fleet.state.rotationRows.length, row);
}

/** Alarmed by one that is overdue. */
async function alarmed(): Promise<FleetUnderTest> {
  const fleet = await watched();
  works(fleet);
  await fleet.sweep(intervalMs);
  expect(headlines(fleet)).toEqual(['payments: rotation overdue']);
  return fleet;
}

describe('an open rotation', () => {
  it('is told by the sweep when it is overdue, and over when it ended', async () => {
    const fleet = await alarmed();
    fleet.state.rotationRows.splice(0);
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).slice(1)).toEqual(['payments: rotation not overdue any more']);
  });

  it('is told after a nudge, too, without a sweep of the others', async () => {
    const fleet = await watched();
    works(fleet);
    await sweepOne(fleet.process(), 'payments');
    expect(headlines(fleet)).toEqual(['payments: rotation overdue']);
  });

  it('that asks people tells whom for what, and tells anew when it asks something else', async () => {
    const fleet = await watched();
    const needs = { why: 'payments steps down', binding: aRotationBinding(), missing: 1 };
    works(fleet, { needs });
    await fleet.sweep(intervalMs);
    works(fleet, { needs: { ...needs, why: 'versions below 4 are given up' } });
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual([
      'payments: token of payments at root: waits for approval by one person: payments steps down',
      'payments: token of payments at root: waits for approval by one person: versions below 4 are given up',
    ]);
  });

  it('is read once for the whole fleet', async () => {
    const fleet = await watched();
    const asked: unknown[][] = [];
    const deps = aroundPorts(fleet.process(), (call, run) => {
      if (call.name === 'rotate.rotations') asked.push([call.name]);
      return run();
    });
    await fleet.sweep(intervalMs, deps);
    expect(asked).toHaveLength(1);
  });
});

describe('rotations that cannot be read', () => {
  it('end nothing, and cost the rest of the sweep nothing', async () => {
    const fleet = await alarmed();
    fleet.state.rotationRows.splice(0);
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs, aroundPorts(fleet.process(), unread));
    expect(headlines(fleet).slice(1)).toEqual(['payments: node sealed: payments-2']);
  });

  it('for one damaged row end nothing of its cluster, are named, and are read of the others', async () => {
    const fleet = await alarmed();
    fleet.state.rotationRows.splice(0);
    const now = fleet.clock.now();
    const waiting = { what: 'another restart', since: now, until: now, overdueAt: now };
    fleet.state.rotationRows.push(aRotation({ cluster: 'orders', waiting }));
    fleet.state.unreadableOfRotate.rotations.push({ partition: 'payments', row: 'r-x', why: 'version 9' });
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).slice(1)).toEqual(['orders: rotation overdue']);
    expect(fleet.logged.join('\n')).toContain('r-x');
  });
});

it('a cluster that leaves fleet.yaml takes the alerts of its rotations along: what is left open is told of the fleet', async () => {
  const fleet = await alarmed();
  const [head = '', ...entries] = fleet.yaml.split(/^(?= {2}\w+:$)/m);
  fleet.yaml = head + entries.filter((entry) => !entry.startsWith('  payments:')).join('');
  for (let more = 0; more < 3; more += 1) await fleet.sweep(intervalMs);
  expect(headlines(fleet).slice(1)).toEqual([
    expect.stringMatching(/^payments: no longer watched: rotation overdue/),
    'fleet: token of payments at root: nobody goes on with rotation payments.first, for fleet.yaml has no cluster payments',
  ]);
  const { fleet: ofFleet } = await readStatus(fleet.main);
  expect(ofFleet.map(({ code }) => code)).toEqual(['rotation-left-open']);
  fleet.state.rotationRows.splice(0);
  await fleet.sweep(intervalMs);
  expect(headlines(fleet).slice(3)).toEqual(['fleet: no rotation is left open any more']);
});

describe('the status page', () => {
  const shown = async (fleet: FleetUnderTest, around?: Around) => {
    const { clusters } = await readStatus(around ? aroundPorts(fleet.process(), around) : fleet.main);
    return clusters[0]?.rotations;
  };

  it('says nothing where none is open', async () => {
    expect(await shown(new FleetUnderTest())).toBeUndefined();
  });

  it('says what each waits for, and since when', async () => {
    const fleet = new FleetUnderTest();
    works(fleet, { stage: 'verified' });
    const since = new Date(fleet.clock.now() - day).toISOString();
    const summary = 'token of payments at root: waits for a restart of payments/vault-2';
    expect(await shown(fleet)).toEqual([{ id: 'payments.first', stage: 'verified', since, summary }]);
  });

  it('says what is asked of people, and what fails', async () => {
    const fleet = new FleetUnderTest();
    const failing = {
      what: 'deliver',
      code: 'denied',
      message: 'Set is missing',
      since: 0,
      times: 1,
    } as const;
    works(fleet, { needs: { why: 'payments steps down', binding: aRotationBinding(), missing: 1 }, failing });
    expect(await shown(fleet)).toMatchObject([
      {
        summary: 'token of payments at root: waits for approval: payments steps down',
        needs: 'approval',
        failing: 'giving it to a sink: Set is missing',
      },
    ]);
  });

  it('says why they cannot be read', async () => {
    expect(await shown(new FleetUnderTest(), unread)).toContain(
      'table rotations cannot be read: no connection',
    );
  });
});
