/** What the rotate app found, as the sweep tells it; and that it is told no longer than anybody judges it. */
import { describe, expect, it } from 'vitest';
import type { Seal } from '../../shared/fleet/fleet.ts';
import { sealEntryHash } from '../../shared/people/fleet-entry.ts';
import type { Readiness, ReadinessProblem } from '../../shared/readiness/readiness.ts';
import { StateError } from '../../shared/state/errors.ts';
import { readinessRow } from '../scenarios/readiness-rows.ts';
import { aroundPorts } from './around-ports.ts';
import { FleetUnderTest, intervalMs } from './fleet-under-test.ts';

const top = 'channels:\n  chat: {kind: slack, url: "env:SECRET_CHAT"}\nalerts: {pending: {warning: 0s}}';
const transit = 'seal: {type: transit, provider: root, key: payments}';
const hour = 3_600_000;

const expiring: ReadinessProblem = {
  code: 'seal-token-expiring',
  summary: "the seal's token ends in 10 days",
  evidence: [],
};
const unknown: ReadinessProblem = { code: 'readiness-unknown', summary: 'it cannot be read', evidence: [] };

async function watched(yaml = transit): Promise<FleetUnderTest> {
  const fleet = new FleetUnderTest({ top, clusters: { payments: { yaml }, root: {} } });
  await fleet.sweep();
  return fleet;
}

function exercised(fleet: FleetUnderTest, over: Partial<Readiness> = {}): void {
  const at = fleet.clock.now();
  const row = { ...readinessRow({ problems: [expiring] }), at, validUntil: at + 3 * hour, ...over };
  fleet.state.readinessRows.splice(0, fleet.state.readinessRows.length, row);
}

const ofTransit = (key: string): Seal => ({ type: 'transit', provider: 'root', mount: 'transit', key });
const headlines = (fleet: FleetUnderTest) => fleet.taken('chat').map(({ headline }) => headline);

/** Alarmed by a row of a transit seal. */
async function alarmed(): Promise<FleetUnderTest> {
  const fleet = await watched();
  exercised(fleet);
  await fleet.sweep(intervalMs);
  expect(headlines(fleet)).toEqual(['payments: seal token expires']);
  return fleet;
}

describe('what readiness found', () => {
  it('is over when a row of the very entry of its seal no longer finds it', async () => {
    const fleet = await alarmed();
    exercised(fleet, { sealEntry: sealEntryHash(ofTransit('payments')), problems: [] });
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).slice(1)).toEqual(['payments: seal token has time again']);
  });

  it('is told by the sweep, and over when the next exercise no longer finds it', async () => {
    const fleet = await alarmed();
    await fleet.sweep(intervalMs);
    exercised(fleet, { problems: [] });
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).slice(1)).toEqual(['payments: seal token has time again']);
  });

  it.each<[string, (fleet: FleetUnderTest) => void]>([
    ['is gone', (fleet) => void fleet.state.readinessRows.splice(0)],
    ['is of the seal before', (fleet) => exercised(fleet, { seal: 'azurekeyvault', problems: [] })],
    [
      'is of another entry of its seal',
      (fleet) => exercised(fleet, { sealEntry: sealEntryHash(ofTransit('orders')), problems: [] }),
    ],
  ])('stays open when its row %s', async (_what, change) => {
    const fleet = await alarmed();
    change(fleet);
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toHaveLength(1);
  });

  it('stays open when its row expires; that nothing is exercised any more is told beside it, until something is', async () => {
    const fleet = await alarmed();
    exercised(fleet, { validUntil: fleet.clock.now() });
    for (let n = 0; n < 4; n++) await fleet.sweep(intervalMs);
    expect(headlines(fleet).slice(1)).toEqual(['payments: readiness unknown']);
    exercised(fleet);
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).slice(2)).toEqual([expect.stringContaining('readiness known again')]);
  });

  it('stays open while the table cannot be read, and costs the rest of the sweep nothing', async () => {
    const fleet = await alarmed();
    const deps = aroundPorts(fleet.process(), (call, run) =>
      call.name === 'rotate.readiness'
        ? Promise.reject(new StateError('unavailable', 'no connection'))
        : run(),
    );
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs, deps);
    expect(headlines(fleet).slice(1)).toEqual(['payments: node sealed: payments-2']);
  });
});

describe('a seal that fleet.yaml changes', () => {
  it('ends what only the one before could have, whatever row is left', async () => {
    const fleet = await alarmed();
    fleet.yaml = fleet.yaml.replace(transit, 'seal: {type: shamir}');
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).slice(1)).toEqual([
      expect.stringMatching(/^payments: no longer watched: seal token expires/),
    ]);
  });

  it('to one that nobody can judge ends them all', async () => {
    const fleet = await alarmed();
    exercised(fleet, { problems: [expiring, unknown] });
    await fleet.sweep(intervalMs);
    fleet.yaml = fleet.yaml.replace(transit, 'seal: {type: other}');
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).at(-1)).toMatch(/^payments: no longer watched: .*; and 1 more/);
    const { head } = await fleet.state.live.read('payments');
    expect(head?.value.alerts.filter(({ told }) => told)).toEqual([]);
  });
});

it('a cluster that leaves fleet.yaml takes the alerts of its seal along', async () => {
  const fleet = await alarmed();
  const [head = '', ...entries] = fleet.yaml.split(/^(?= {2}\w+:$)/m);
  fleet.yaml = head + entries.filter((entry) => !entry.startsWith('  payments:')).join('');
  for (let more = 0; more < 3; more += 1) await fleet.sweep(intervalMs);
  expect(headlines(fleet).slice(1)).toEqual([
    expect.stringMatching(/^payments: no longer watched: seal token expires/),
  ]);
  expect((await fleet.state.live.read('payments')).head).toBeUndefined();
});
