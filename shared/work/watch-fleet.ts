/** The fleet itself as a subject: its configuration, missed sweeps, channels that take nothing, rotations that nobody works on. */
import type { Hold, Quiet } from '../alert/alert.ts';
import { decide } from '../alert/decide.ts';
import { judgeUndeliverable } from '../alert/undeliverable.ts';
import type { Assessment, Subject } from '../finding.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { judgeConfig } from '../fleet/invalid.ts';
import type { LoadedFleet } from '../fleet/source.ts';
import type { LivePartition, Owed, SweepRecord, UnreadableRow } from '../state/ports.ts';
import { afterOutcomes, noteOutcomes } from './channels.ts';
import { commitDecision } from './commit.ts';
import { type ChannelOutcome, deliverDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { judgeMissed, type Missed } from './gap.ts';
import { NotSwept } from './not-swept.ts';
import { withUnheardUntold } from './recipients.ts';
import { fleetPartition, type Remembered, wordsOf } from './remember.ts';
import { judgeLeftOpen, type OpenRotations } from './rotation-findings/left-open.ts';
import type { During } from './watch-cluster.ts';
import { settle, unreadableHeads, type Watched } from './watch-clusters.ts';

/** What a sweep saw, beside what its clusters told. */
export interface Seen
  extends Pick<Swept, 'owed' | 'owedInPart' | 'settled'>,
    Pick<Missed, 'untaken' | 'running'> {
  gap: SweepRecord['gap'] | undefined;
  unreadable: UnreadableRow[];
  startedAt: number;
}

/** Never rejects: what goes wrong is told as the fleet's own, among those that failed. @returns whether all went well. */
export function sweepFleet(
  deps: WatchDeps,
  loaded: LoadedFleet,
  remembered: Remembered,
  during: Pick<During, 'sweeping' | 'recoverRows'>,
  { failed, outcomes }: Pick<Watched, 'failed' | 'outcomes'>,
  { gap, owed, owedInPart = false, settled, unreadable, untaken, running, startedAt }: Seen,
): Promise<boolean> {
  return settle(deps, during, { failed }, fleetPartition, async () => {
    const before = remembered.partitions.get(fleetPartition) ?? { outbox: [] };
    const why = unreadableHeads(remembered).get(fleetPartition);
    if (why !== undefined) {
      await deliverDue(deps, loaded.fleet, fleetPartition, before.outbox);
      throw new NotSwept(why);
    }
    const left = new Set(untaken);
    const others = failed.filter(({ cluster }) => !left.has(cluster));
    const missed = {
      gap,
      failed: others,
      unreadable,
      ...(untaken && { untaken }),
      ...(running && { running }),
    };
    const { openRotations } = await during.recoverRows;
    const swept = { missed, owed, owedInPart, openRotations, settled };
    await watchFleet(deps, loaded, before, wordsOf(remembered, fleetPartition, startedAt), swept, outcomes);
  });
}

interface Swept {
  missed: Missed;
  /** By every cluster and by the fleet. */
  owed: Owed[];
  /** Some clusters did not say what they owe. */
  owedInPart?: boolean;
  openRotations: OpenRotations;
  /** Two sweeps saw the same fleet.yaml. */
  settled: boolean;
}

/** @param before its partition. @param outcomes of this sweep's deliveries that nobody noted yet. */
async function watchFleet(
  deps: WatchDeps,
  loaded: LoadedFleet,
  before: LivePartition,
  words: { quiets: Quiet[]; hold: Hold | undefined },
  { missed, owed, owedInPart, openRotations, settled }: Swept,
  outcomes: ChannelOutcome[],
): Promise<void> {
  const { fleet } = loaded;
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
      judgeUndeliverable(owed, fleet.channels, remembered, !owedInPart),
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
  // A decision that came second was dropped, and these with it.
  await noteOutcomes(deps, outcomes, channels);
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
