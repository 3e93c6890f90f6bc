/**
 * Judge of raft-tolerance-lost: how many voters more may fail? Autopilot's `failure_tolerance` is not enough:
 * it is blind for about 10 s after a failure, and calls a fresh or shrunk cluster healthy with tolerance 0. So
 * the voters are counted from the raft configuration, their health from our own probes and from autopilot, and
 * what should be there from fleet.yaml.
 */
import { type FindingCode, finding } from '../../finding.ts';
import { absent, type Judgement, ofCluster, type Picture, present, theCluster, unjudged } from './picture.ts';
import { toleranceCause } from './tolerance-cause.ts';
import { quorumOf, type VoterCount, votersFromProbes, votersFromRaft } from './voters.ts';
import { listed } from './words.ts';

export function judgeTolerance(picture: Picture): Judgement[] {
  return [ofCluster('raft-tolerance-lost', verdict(picture))];
}

function verdict(picture: Picture) {
  const { raft, outage } = picture;
  if (!raft.applies) return absent;
  if (outage.kind === 'uninitialised') return unjudged('no node of this cluster is initialised');
  const fromRaft = votersFromRaft(picture);
  const count = fromRaft ?? votersFromProbes(picture);
  const { expected, voters, up, unknown, arriving } = count;
  // One or two voters never had a failure to spare.
  if (expected < 3) return absent;
  const quorum = quorumOf(voters);
  const best = up + unknown - quorum;
  if (best <= 0) {
    if (arriving > 0 && up + unknown + arriving > quorumOf(voters + arriving))
      return unjudged(arrivingWords(arriving));
    if (count.down.length === 0 && voters >= expected) return unjudged('no voter is seen to be down');
    return lost(picture, count, quorum);
  }
  // Without a login raft is never read: what the nodes' answers alone showed, they alone may end.
  if (!fromRaft && hasNoLogin(picture) && (up - quorum > 0 || up >= picture.nodes.length)) return absent;
  if (!fromRaft) return unjudged(raft.members.why ?? raft.autopilot.why ?? 'raft was not read');
  if (up - quorum <= 0 || !raft.autopilot.value) {
    return unjudged(raft.autopilot.why ?? 'the health of some voters is not known');
  }
  if (voters >= expected) return absent;
  return arriving > 0 ? unjudged(arrivingWords(arriving)) : fewer(picture, count, up - quorum);
}

function hasNoLogin({ observation }: Picture): boolean {
  return !observation.raft.read && observation.raft.why === 'no-login';
}

const arrivingWords = (count: number): string =>
  count === 1 ? 'a new voter is being promoted' : `${count} new voters are being promoted`;

function lost(picture: Picture, count: VoterCount, quorum: number) {
  const { cluster } = picture;
  const short = count.voters < count.expected ? ` (${count.expected} expected)` : '';
  const open = count.unknown > 0 ? `, ${count.unknown} unknown` : '';
  const healthy = `${count.up} of ${count.voters} voters${short} healthy${open}, quorum is ${quorum}`;
  const down = count.down.length > 0 ? `; not healthy: ${listed(count.down)}` : '';
  const under = toleranceCause(picture, count);
  return present(
    tolerance(picture, `${cluster.name} has no failure tolerance: ${healthy}${down}`, count, under, {}),
  );
}

/** Fewer voters than expected, but not yet on the edge: information. */
function fewer(picture: Picture, count: VoterCount, left: number) {
  const { cluster } = picture;
  const full = count.expected - quorumOf(count.expected);
  const summary = `${cluster.name} has ${count.voters} of ${count.expected} expected voters: it can lose ${left}, not ${full}`;
  return present(
    tolerance(picture, summary, count, toleranceCause(picture, count), {
      severity: 'info',
      meaning: `The cluster serves and can lose ${left} more, but less than it should.`,
      advice: 'Let the missing voter join, or set expect.voters in fleet.yaml to what should be there.',
    }),
  );
}

function tolerance(
  { raft }: Picture,
  summary: string,
  count: VoterCount,
  under: FindingCode | undefined,
  over: Parameters<typeof finding>[4],
) {
  const autopilot = raft.autopilot.value;
  const evidence = [
    ...count.lines(),
    autopilot
      ? `autopilot: healthy: ${autopilot.healthy}, failure_tolerance: ${autopilot.failure_tolerance} (about 10 s late).`
      : `Judged from the nodes' own answers: ${raft.autopilot.why ?? 'autopilot was not read'}.`,
  ];
  return finding('raft-tolerance-lost', theCluster, summary, evidence, {
    ...over,
    ...(under ? { under } : {}),
  });
}
