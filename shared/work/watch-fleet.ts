/** The fleet itself as a subject: its configuration, missed sweeps, channels that take nothing. */
import type { Hold, Quiet } from '../alert/alert.ts';
import { decide } from '../alert/decide.ts';
import { judgeUndeliverable } from '../alert/undeliverable.ts';
import { type Assessment, finding } from '../finding.ts';
import { judgeConfig } from '../fleet/invalid.ts';
import type { LoadedFleet } from '../fleet/source.ts';
import type { LivePartition, SweepRecord } from '../state/ports.ts';
import { commitDecision } from './commit.ts';
import type { WatchDeps } from './deps.ts';
import { deliverDue } from './deliver.ts';

export async function watchFleet(
  deps: WatchDeps,
  loaded: LoadedFleet,
  partitions: Map<string, LivePartition>,
  words: { quiets: Quiet[]; hold: Hold | undefined },
  gap: SweepRecord['gap'] | undefined,
): Promise<void> {
  const { fleet } = loaded;
  const before = partitions.get('fleet') ?? { outbox: [] };
  const owed = [...partitions.values()].flatMap((partition) => partition.outbox.map((row) => row.value));
  const channels = fleet.channels.map((channel) => channel.name);
  const now = deps.clock.now();
  const decision = decide({
    cluster: 'fleet',
    labels: {},
    alerts: before.head?.value.alerts ?? [],
    assessment: merge([judgeConfig(loaded.problems), judgeGap(gap), judgeUndeliverable(owed, fleet.channels)]),
    watched: (subject) => subject.kind !== 'channel' || channels.includes(subject.name),
    quiets: words.quiets,
    ...(words.hold && { hold: words.hold }),
    settings: fleet.alerts,
    now,
    messageId: deps.newId(),
  });
  const fresh = await commitDecision(deps, 'fleet', before.head, { nodes: {} }, decision, channels);
  await deliverDue(deps, fleet, 'fleet', [...before.outbox, ...fresh]);
}

function merge(parts: Assessment[]): Assessment {
  return {
    verdicts: parts.flatMap((part) => part.verdicts),
    defaults: Object.assign({}, ...parts.map((part) => part.defaults)),
  };
}

/** Rule 13: a sweep that did not happen is reported by the next one. */
export function judgeGap(gap: SweepRecord['gap'] | undefined): Assessment {
  if (!gap) return { verdicts: [], defaults: { 'sweep-gap': { state: 'absent' } } };
  const subject = { kind: 'fleet' } as const;
  const from = new Date(gap.from).toISOString();
  const to = new Date(gap.to).toISOString();
  const evidence = [`last sweep ended ${from}, the next began ${to}: ${Math.round((gap.to - gap.from) / 1000)} s`];
  const summary = `nobody watched the fleet from ${from} to ${to}`;
  const verdict = { state: 'present', finding: finding('sweep-gap', subject, summary, evidence) } as const;
  return { verdicts: [{ code: 'sweep-gap', subject, verdict }], defaults: {} };
}
