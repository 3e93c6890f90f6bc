/** Who gets a turn: rotations that wait no longer, and clusters whose credentials may be due. */
import { policyOf } from '../../rotation/plan/policy.ts';
import { kindNames } from '../../rotation/rotation.ts';
import type { RotateDeps } from './deps.ts';

/** Each minute: open rotations whose wait is over, or whose turn died. Of a cluster that left fleet.yaml: only a word. */
export async function nudgeOpenRotations(deps: RotateDeps): Promise<void> {
  const now = deps.clock.now();
  const { rows, unreadable } = await deps.state.rotations.allActive();
  for (const { partition, row, why } of unreadable)
    deps.log.error('rotation-unreadable', { cluster: partition, row, why });
  if (rows.length === 0) return;
  const { fleet } = await deps.loadFleet();
  const known = new Set(fleet.clusters.map(({ name }) => name));
  for (const { id, cluster, kind, stage } of rows.filter((row) => !known.has(row.cluster)))
    deps.log.warn('rotation-left-open', { cluster, rotation: id, kind, stage });
  const due = rows.filter(
    ({ cluster, lease, waiting }) =>
      known.has(cluster) && (lease?.until ?? 0) <= now && (waiting?.until ?? 0) <= now,
  );
  await nudge(deps, new Set(due.map(({ cluster }) => cluster)));
}

/** Hourly: every cluster whose fleet.yaml entry asks for rotation. */
export async function nudgeDueRotations(deps: RotateDeps): Promise<void> {
  const { fleet } = await deps.loadFleet();
  const asked = fleet.clusters.filter((cluster) => kindNames.some((kind) => policyOf(cluster, kind)));
  await nudge(deps, new Set(asked.map(({ name }) => name)));
}

async function nudge(deps: RotateDeps, clusters: ReadonlySet<string>): Promise<void> {
  const sent = await Promise.allSettled(
    [...clusters].map((cluster) => deps.state.nudges.send('turns', cluster, 0)),
  );
  const failed = sent.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}
