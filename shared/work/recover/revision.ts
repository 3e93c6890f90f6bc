/** A new generation, or a new revision of one: read from storage again, opened envelope by envelope, then in use. */
import {
  type Generation,
  type GenerationRow,
  generationBlobName,
  type UpkeepProblem,
} from '../../escrow/generation.ts';
import { readGeneration } from '../../escrow/read.ts';
import { differences } from '../../escrow/trust.ts';
import { verify } from '../../escrow/upkeep.ts';
import { generationBytes } from '../../escrow/write.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { Stored } from '../../state/ports.ts';
import type { RecoverDeps } from './deps.ts';
import { keysBefore } from './old-keys.ts';
import { type Purpose, recorded } from './openings.ts';

/** One call of a custodian, ms. */
export const custodianMs = 10_000;

/** On whose word. */
export type By = Pick<Purpose, 'who' | 'name' | 'recovery'>;

export type InUse = { ok: true; row: GenerationRow; problems: UpkeepProblem[] } | { ok: false; why: string };

/** What keeps a generation from being used at all; the rest is told, and mended later. */
const fatal: ReadonlySet<UpkeepProblem['code']> = new Set([
  'custodian-away',
  'denied',
  'key-disabled',
  'key-deleted',
  'tampered',
  'trust-changed',
]);

/**
 * Creates the blob of our own new revision and takes it into use. Its number is the next free one: a blob that an
 * earlier try left behind was never accepted, and is never overwritten.
 */
export async function putInUse(
  deps: RecoverDeps,
  cluster: Cluster,
  made: Generation,
  before: Stored<GenerationRow> | undefined,
  by: By,
): Promise<InUse> {
  const { escrow } = deps.state;
  const names = new Set(await escrow.list(cluster.name));
  let { revision } = made;
  while (names.has(generationBlobName({ ...made, revision }))) revision += 1;
  const generation = { ...made, revision };
  const name = generationBlobName(generation);
  const created = await escrow.create(name, generationBytes(generation));
  if (!created.created) return { ok: false, why: `the blob ${name} was created by somebody else meanwhile` };
  return accept(deps, cluster, generation, before, by);
}

/**
 * A passphrase that is not given to this app, while others hold a threshold: whoever imported opened its envelopes, and
 * it is for break-glass. It is told, and mended by nobody.
 */
export function isOfflineCopy(
  { escrow }: Cluster,
  { code, custodian }: UpkeepProblem,
  { envelopes, threshold }: Generation,
): boolean {
  const local = new Set(escrow.custodians.flatMap(({ kind, name }) => (kind === 'local' ? [name] : [])));
  if (code !== 'custodian-away' || custodian === undefined || !local.has(custodian)) return false;
  const others = envelopes.filter((envelope) => !local.has(envelope.custodian));
  return new Set(others.map(({ index }) => index)).size >= threshold;
}

/**
 * Opens every envelope of the blob that storage holds, one at a time, and writes the row.
 *
 * @param digest the blob's own, where it must be one that was accepted before.
 */
export async function accept(
  deps: RecoverDeps,
  cluster: Cluster,
  {
    generation: number,
    revision,
    digest,
  }: Pick<Generation, 'generation' | 'revision'> & Partial<Pick<GenerationRow, 'digest'>>,
  before: Stored<GenerationRow> | undefined,
  by: By,
): Promise<InUse> {
  const { clock, state } = deps;
  const name = generationBlobName({ cluster: cluster.name, generation: number, revision });
  const blob = await state.escrow.read(name);
  if (!blob) return { ok: false, why: `there is no blob ${name}` };
  if (digest !== undefined && blob.digest !== digest) {
    return { ok: false, why: `the blob ${name} is not the one that was accepted` };
  }
  const read = readGeneration(blob.bytes);
  if (!read.ok) return { ok: false, why: `the blob ${name} cannot be read: ${read.problem}` };
  const { generation } = read;
  if (
    generation.cluster !== cluster.name ||
    generation.generation !== number ||
    generation.revision !== revision
  ) {
    return {
      ok: false,
      why: `the blob ${name} holds another cluster, generation or revision than its name says`,
    };
  }
  const now = await deps.binding(cluster);
  if (!now.ok) return { ok: false, why: now.problem };
  const changed = differences(generation.trust, now.binding);
  if (changed.length > 0)
    return { ok: false, why: `its trust differs from fleet.yaml: ${changed.join('; ')}` };
  const problems = await verify({
    generation,
    custodians: await deps.custodians(cluster),
    trust: now.binding,
    now: clock.now(),
    calling: { clock, timeoutMs: custodianMs },
    opening: recorded(deps, generation, { ...by, kind: 'verify', why: 'before it is taken into use' }),
  });
  const broken = problems.filter(
    (problem) => fatal.has(problem.code) && !isOfflineCopy(cluster, problem, generation),
  );
  if (broken.length > 0) return { ok: false, why: broken.map(({ message }) => message).join('; ') };
  const at = clock.now();
  const old = before ? await keysBefore(state, before.value, generation) : {};
  const row: GenerationRow = {
    cluster: cluster.name,
    generation: number,
    revision,
    digest: blob.digest,
    acceptedAt: at,
    acceptedBy: by.who,
    ...(before && learned(before.value, number)),
    ...old,
    upkeep: { at, problems: [...problems, ...stillGone(before?.value, old)] },
  };
  await state.audit.write({
    at,
    who: by.who,
    ...(by.name !== undefined && { name: by.name }),
    what: 'generation-accepted',
    cluster: cluster.name,
    ...(by.recovery !== undefined && { recovery: by.recovery }),
    why: followed(before?.value, number),
    facts: {
      generation: number,
      revision,
      digest: blob.digest,
      threshold: generation.threshold,
      count: generation.count,
    },
  });
  const saved = await state.generations.save(row, before?.etag);
  if (saved.saved) return { ok: true, row, problems };
  return {
    ok: false,
    why:
      saved.why === 'older'
        ? 'a newer generation was accepted before'
        : 'another one was accepted meanwhile: look again',
  };
}

/**
 * The shares of a new revision are the same ones: what proved them, and what they failed at, stays true. A new
 * generation remembers the last proven one, until it is proven itself and followed by another.
 */
function learned(
  { generation, revision, digest, provenAt, bad, previous }: GenerationRow,
  next: number,
): Pick<GenerationRow, 'provenAt' | 'bad' | 'previous'> {
  const kept = previous && { previous };
  if (next === generation)
    return { ...(provenAt !== undefined && { provenAt }), ...(bad && { bad }), ...kept };
  if (next < generation) return previous ? { provenAt: previous.provenAt } : {};
  return provenAt !== undefined && !bad
    ? { previous: { generation, revision, digest, provenAt } }
    : { ...kept };
}

/** Nothing here looked at them again: the next upkeep does, and until then they are told. */
function stillGone(
  before: Pick<GenerationRow, 'upkeep'> | undefined,
  { oldKeys = [] }: Pick<GenerationRow, 'oldKeys'>,
): UpkeepProblem[] {
  const told = before?.upkeep?.problems.filter(({ code }) => code === 'old-key-gone') ?? [];
  const gone = oldKeys.filter((key) => key.gone !== undefined);
  return told.filter(({ message }) => gone.some(({ keyId }) => message.includes(keyId)));
}

function followed(before: GenerationRow | undefined, next: number): string {
  if (!before) return 'the first one';
  const what = `generation ${before.generation}.${before.revision}`;
  return next < before.generation ? `back from ${what}, which is not proven` : `follows ${what}`;
}
