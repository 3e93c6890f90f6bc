/** Judges of autopilot's cleanup of dead servers: off, or so quick that a reboot costs a member its place. */
import { finding } from '../../finding.ts';
import { goDurationMs } from './durations.ts';
import { absent, type Judgement, ofCluster, type Picture, present, theCluster, unjudged } from './picture.ts';
import { quorumOf, votersFromProbes, votersFromRaft } from './voters.ts';
import { span } from './words.ts';

export function judgeCleanup(picture: Picture): Judgement[] {
  return [
    ofCluster('autopilot-cleanup-off', off(picture)),
    ofCluster('autopilot-cleanup-too-eager', tooEager(picture)),
  ];
}

function off(picture: Picture) {
  const { cluster, raft } = picture;
  if (!raft.applies) return absent;
  const settings = raft.cleanup.value;
  if (!settings) return unjudged(raft.cleanup.why ?? '');
  const { expected } = votersFromRaft(picture) ?? votersFromProbes(picture);
  // Cleanup needs min_quorum of at least 3: a smaller cluster cannot have it.
  if (settings.cleanup_dead_servers || expected < 3) return absent;
  const set = `vault operator raft autopilot set-config -cleanup-dead-servers=true -min-quorum=${Math.max(3, expected)} -dead-server-last-contact-threshold=24h`;
  return present(
    finding(
      'autopilot-cleanup-off',
      theCluster,
      `${cluster.name} never removes dead raft peers`,
      [
        'autopilot configuration: cleanup_dead_servers: false.',
        `${expected} voters expected: a quorum of ${quorumOf(expected)} counts dead members, too.`,
      ],
      { advice: `Turn it on: ${set}` },
    ),
  );
}

function tooEager({ cluster, raft }: Picture) {
  if (!raft.applies) return absent;
  const settings = raft.cleanup.value;
  if (!settings) return unjudged(raft.cleanup.why ?? '');
  if (!settings.cleanup_dead_servers) return absent;
  const threshold = goDurationMs(settings.dead_server_last_contact_threshold);
  if (threshold === undefined) return unjudged('dead_server_last_contact_threshold cannot be read');
  const { cleanupMinimumMs } = cluster.thresholds;
  if (threshold >= cleanupMinimumMs) return absent;
  const text = settings.dead_server_last_contact_threshold;
  return present(
    finding(
      'autopilot-cleanup-too-eager',
      theCluster,
      `${cluster.name} removes raft peers after ${text} without contact`,
      [
        `autopilot configuration: dead_server_last_contact_threshold: ${text}, min_quorum: ${settings.min_quorum}.`,
        `Below ${span(cleanupMinimumMs)} counts as too eager. A removed peer comes back only with its raft data wiped.`,
      ],
    ),
  );
}
