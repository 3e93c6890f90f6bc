/** Daily: opens every envelope of every generation in use, says what is wrong, and rewraps what an old key version holds. */
import type { GenerationRow, UpkeepProblem } from '../../escrow/generation.ts';
import { reseal } from '../../escrow/reseal.ts';
import { verify } from '../../escrow/upkeep.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { Person } from '../../people/person.ts';
import type { Stored } from '../../state/ports.ts';
import { askedByHand } from './asked-by-hand.ts';
import type { RecoverDeps } from './deps.ts';
import { type Escrowed, escrowed } from './escrowed.ts';
import { needsOf } from './key-needs.ts';
import { lookAtOldKeys, type OldKey, oldKeysOf } from './old-keys.ts';
import { type Purpose, recorded } from './openings.ts';
import { clusterOf } from './request.ts';
import { custodianMs, isOfflineCopy, putInUse } from './revision.ts';
import { refused, type Said, said } from './said.ts';

/** Who acts where no person asked. */
const automation = 'app:recover';

type Ready = Extract<Escrowed, { state: 'ready' }>;

/**
 * One cluster after the other: an upkeep in a hurry would spend Key Vault's limits on nothing. Those that were looked at
 * longest ago come first: what a slow custodian leaves undone today is done tomorrow.
 */
export async function keepEscrow(deps: RecoverDeps): Promise<void> {
  const [{ fleet }, { rows }] = await Promise.all([deps.loadFleet(), deps.state.generations.all()]);
  const keptAt = new Map(rows.map(({ cluster, upkeep }) => [cluster, upkeep?.at ?? 0]));
  const escrowing = fleet.clusters
    .filter(({ escrow }) => escrow.custodians.length > 0)
    .sort((a, b) => (keptAt.get(a.name) ?? 0) - (keptAt.get(b.name) ?? 0));
  for (const cluster of escrowing) {
    try {
      await keepCluster(deps, cluster);
    } catch (error) {
      deps.log.error('escrow-upkeep-failed', { cluster: cluster.name, error });
    }
  }
  await tellOldKeys(deps);
}

/** After all of them were moved: clusters may share a key. `escrow list` shows the same. */
async function tellOldKeys({ state, log }: RecoverDeps): Promise<void> {
  const rows = (await state.generations.all()).rows.filter(({ oldKeys = [] }) => oldKeys.length > 0);
  if (rows.length === 0) return;
  const needs = await needsOf(state);
  for (const row of rows) {
    for (const { neededBy, custodian, keyId, gone } of oldKeysOf(row, needs)) {
      const about = { cluster: row.cluster, custodian, version: keyId };
      if (neededBy.length === 0) log.info('escrow-key-version-not-needed', about);
      else if (gone === undefined) log.info('escrow-key-version-still-needed', { ...about, neededBy });
      else log.warn('escrow-key-version-gone', { ...about, is: gone, neededBy });
    }
  }
}

export interface Kept {
  generation: number;
  revision: number;
  problems: UpkeepProblem[];
  /** Key versions that blobs before it are wrapped by, and what needs them still. */
  oldKeys: OldKey[];
  /** An open recovery: a new revision would take away what was approved for it. */
  waitsFor?: string;
}

/** The same for one cluster, when a person asks. */
export async function keepNow(
  deps: RecoverDeps,
  name: string,
  person: Person,
  { verifyOnly }: { verifyOnly: boolean },
): Promise<Said<Kept>> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  const before = await deps.state.generations.newest(cluster.name);
  if (!before) return refused('not-found', `nothing of ${cluster.name} is escrowed: import its shares first`);
  const kind = verifyOnly ? 'verify' : 'upkeep';
  await askedByHand(deps, cluster.name, person, { kind, generation: before.value.generation });
  const problems = await keepCluster(deps, cluster, { verifyOnly, by: person.id });
  const after = (await deps.state.generations.newest(cluster.name)) ?? before;
  await deps.state.nudges.send('probe', cluster.name, 0);
  const { generation, revision } = after.value;
  const needs = after.value.oldKeys ? await needsOf(deps.state) : [];
  const oldKeys = oldKeysOf(after.value, needs);
  const isOld = !verifyOnly && problems.some(({ code }) => code === 'old-key-version');
  const open = isOld ? await deps.state.recoveries.active(cluster.name) : undefined;
  return said({ generation, revision, problems, oldKeys, ...(open && { waitsFor: open.value.id }) });
}

export async function keepCluster(
  deps: RecoverDeps,
  cluster: Cluster,
  { verifyOnly = false, by = automation }: { verifyOnly?: boolean; by?: string } = {},
): Promise<UpkeepProblem[]> {
  const found = await escrowed(deps, cluster);
  if (found.state === 'none') return [];
  if (found.state === 'unreadable') {
    return note(deps, cluster, found.row, [{ code: 'tampered', message: found.why }]);
  }
  // A copy for a drawer is away by design.
  const verifying = { kind: 'verify', who: by, why: 'escrow upkeep' } as const;
  const problems = (await verifyGeneration(deps, cluster, found, verifying)).filter(
    (problem) => !isOfflineCopy(cluster, problem, found.generation),
  );
  const only = problems.every(
    ({ code }) => code === 'old-key-version' || code === 'single-point' || code === 'key-expiring',
  );
  if (
    !verifyOnly &&
    only &&
    problems.some(({ code }) => code === 'old-key-version') &&
    found.trustChanged.length === 0 &&
    !(await isLeftAlone(deps, cluster, by))
  ) {
    return rewrap(deps, cluster, found, problems, by);
  }
  return note(deps, cluster, found.row, problems);
}

/**
 * A new revision would take away what people approved for an open recovery, and a hold leaves the cluster alone: the
 * old key versions do until then. What a person asks for by hand is not held.
 */
async function isLeftAlone(
  { state, clock, log }: RecoverDeps,
  { name }: Cluster,
  by: string,
): Promise<boolean> {
  const open = await state.recoveries.active(name);
  const hold = by === automation ? await holdOf(state, name) : undefined;
  const held = hold === 'unread' || (hold !== undefined && hold.until > clock.now());
  if (open || held)
    log.info('escrow-rewrap-postponed', { cluster: name, recovery: open?.value.id ?? '', held });
  return held || open !== undefined;
}

/** One that cannot be read may stand. */
async function holdOf({ holds }: RecoverDeps['state'], cluster: string) {
  try {
    return await holds.of(cluster);
  } catch {
    // The passes of recover tell of the row; the check of the envelopes goes on.
    return 'unread';
  }
}

/**
 * Opens each envelope, one at a time, with the login that `deps` act with.
 *
 * @param purpose each opening is on record before it; absent for a person's own login, which writes nothing.
 */
export async function verifyGeneration(
  deps: RecoverDeps,
  cluster: Cluster,
  { generation }: Pick<Ready, 'generation'>,
  purpose?: Purpose,
): Promise<UpkeepProblem[]> {
  const now = await deps.binding(cluster);
  const problems = await verify({
    generation,
    custodians: await deps.custodians(cluster),
    trust: now.ok ? now.binding : generation.trust,
    now: deps.clock.now(),
    calling: { clock: deps.clock, timeoutMs: custodianMs },
    opening: purpose && recorded(deps, generation, purpose),
  });
  return now.ok ? problems : [{ code: 'trust-changed', message: now.problem }, ...problems];
}

/** To the newest key versions; only after the new revision was opened from storage is the old version not needed. */
async function rewrap(
  deps: RecoverDeps,
  cluster: Cluster,
  found: Ready,
  problems: UpkeepProblem[],
  by: string,
): Promise<UpkeepProblem[]> {
  const { clock, random, log } = deps;
  const opening = recorded(deps, found.generation, { kind: 'rewrap', who: by, why: 'escrow upkeep' });
  const resealed = await reseal(
    { generation: found.generation, made: { createdAt: clock.now(), createdBy: automation }, opening },
    { custodians: await deps.custodians(cluster), random, calling: { clock, timeoutMs: custodianMs } },
  );
  const used = resealed.ok
    ? await putInUse(deps, cluster, resealed.generation, found.row, { who: automation })
    : { ok: false as const, why: resealed.problems.join('; ') };
  if (!used.ok) {
    log.error('escrow-not-rewrapped', { cluster: cluster.name, why: used.why });
    return note(deps, cluster, found.row, problems);
  }
  log.info('escrow-rewrapped', { cluster: cluster.name, revision: used.row.revision });
  const now = await deps.state.generations.newest(cluster.name);
  // Somebody else's by now: whoever accepted it looked at it.
  if (now?.value.digest !== used.row.digest) return used.problems;
  return note(deps, cluster, now, used.problems);
}

/** With what became of older key versions: none of it keeps what is in use from being rewrapped. */
async function note(
  deps: RecoverDeps,
  cluster: Cluster,
  row: Stored<GenerationRow>,
  found: UpkeepProblem[],
): Promise<UpkeepProblem[]> {
  const { oldKeys: _before, ...rest } = row.value;
  const looked = await lookAtOldKeys(deps, row.value, await deps.custodians(cluster));
  const { problems: old, ...oldKeys } = looked;
  const problems = [...found, ...old];
  const upkeep = { at: deps.clock.now(), problems };
  await deps.state.generations.save({ ...rest, ...oldKeys, upkeep }, row.etag);
  return problems;
}
