/** The fleet itself as a subject: its configuration, missed sweeps, channels that take nothing, rotations that nobody works on. */
import type { Hold, Quiet } from '../alert/alert.ts';
import { decide } from '../alert/decide.ts';
import { judgeUndeliverable } from '../alert/undeliverable.ts';
import type { Assessment, Subject } from '../finding.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { judgeConfig } from '../fleet/invalid.ts';
import type { LoadedFleet } from '../fleet/source.ts';
import type { LivePartition } from '../state/ports.ts';
import { afterOutcomes, noteOutcomes } from './channels.ts';
import { commitDecision } from './commit.ts';
import { type ChannelOutcome, deliverDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { judgeMissed, type Missed } from './gap.ts';
import { withUnheardUntold } from './recipients.ts';
import { judgeLeftOpen, type OpenRotations } from './rotation-findings/left-open.ts';

export interface Swept {
  missed: Missed;
  openRotations: OpenRotations;
  /** Two sweeps saw the same fleet.yaml. */
  settled: boolean;
}

export async function watchFleet(
  deps: WatchDeps,
  loaded: LoadedFleet,
  partitions: Map<string, LivePartition>,
  words: { quiets: Quiet[]; hold: Hold | undefined },
  { missed, openRotations, settled }: Swept,
  outcomes: ChannelOutcome[],
): Promise<void> {
  const { fleet } = loaded;
  const before = partitions.get('fleet') ?? { outbox: [] };
  const owed = [...partitions.values()].flatMap((partition) => partition.outbox.map((row) => row.value));
  const channels = fleet.channels.map((channel) => channel.name);
  const now = deps.clock.now();
  const remembered = afterOutcomes(before.head?.value.facts.channels ?? {}, outcomes, channels, now);
  const decision = decide({
    cluster: 'fleet',
    labels: {},
    alerts: withUnheardUntold(before.head?.value.alerts ?? [], fleet.channels),
    assessment: merge([
      judgeConfig(loaded.problems),
      judgeMissed(missed),
      judgeUndeliverable(owed, fleet.channels, remembered),
      judgeLeftOpen(openRotations, fleet.clusters, settled),
    ]),
    watched: ({ subject }) => isWatched(subject, fleet),
    quiets: words.quiets,
    ...(words.hold && { hold: words.hold }),
    settings: fleet.alerts,
    now,
    messageId: deps.newId(),
  });
  const fresh = await commitDecision(
    deps,
    'fleet',
    before.head,
    { nodes: {}, channels: remembered },
    decision,
    fleet.channels,
  );
  await noteOutcomes(deps, await deliverDue(deps, fleet, 'fleet', [...before.outbox, ...fresh]), channels);
}

function isWatched(subject: Subject, { channels, clusters }: Fleet): boolean {
  if (subject.kind === 'channel') return channels.some(({ name }) => name === subject.name);
  return (
    subject.kind !== 'unwatched' ||
    subject.name === 'fleet' ||
    clusters.some(({ name }) => name === subject.name)
  );
}

function merge(parts: Assessment[]): Assessment {
  return {
    verdicts: parts.flatMap((part) => part.verdicts),
    defaults: Object.assign({}, ...parts.map((part) => part.defaults)),
  };
}
