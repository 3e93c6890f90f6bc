/** From the arguments to what the command is about: envelopes, fleet, trust. Nothing is connected to yet. */
import { stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import type { BreakGlassApp } from '../../shared/compose/break-glass.ts';
import { holdingsOf } from '../../shared/escrow/distribution.ts';
import type { Fleet } from '../../shared/fleet/fleet.ts';
import { parseFleet } from '../../shared/fleet/parse.ts';
import { formatProblems } from '../../shared/fleet/problem.ts';
import { withoutKeys } from '../../shared/people/reason.ts';
import type { Glass } from '../../shared/work/break-glass/deps.ts';
import { derivedFleet, passphraseVariable } from '../../shared/work/break-glass/derived-fleet.ts';
import type { EnvelopeFile } from '../../shared/work/break-glass/envelope-file.ts';
import { trustChanges } from '../../shared/work/break-glass/look.ts';
import { readRaft } from '../../shared/work/break-glass/raft-file.ts';
import type { Standing } from '../../shared/work/break-glass/storage.ts';
import type { Asked } from './arguments.ts';
import { findEnvelopes } from './envelopes.ts';
import { readSmall } from './read-small.ts';

export type Prepared = { ok: true; glass: Glass; standing?: Standing } | { ok: false; problem: string };

export interface Person {
  user: string;
  host: string;
}

export function thisPerson(): Person {
  return { user: userInfo().username, host: hostname() };
}

export async function prepare(
  app: BreakGlassApp,
  asked: Asked,
  { user, host }: Person,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<Prepared> {
  const found = await findEnvelopes(app, asked);
  if (!found.ok) return no(found.problem);
  const { envelopes, standing } = found;
  const chosen = await fleetFor(app, asked, envelopes, say);
  if (!chosen.ok) return no(chosen.problem);
  const { fleet, derived } = chosen;
  const cluster = fleet.clusters.find(({ name }) => name === asked.cluster);
  if (!cluster) {
    return no(`${app.fleetPath} has no cluster ${asked.cluster}: name another one, or add --without-fleet`);
  }
  const unknown = asked.lost.filter((node) => !cluster.nodes.some(({ name }) => name === node));
  if (unknown.length > 0) {
    const names = cluster.nodes.map(({ name }) => name).join(', ');
    return no(
      `--lost: ${cluster.name} has no node ${withoutKeys(unknown.join(', ')).slice(0, 200)}; it has ${names}`,
    );
  }
  const strange = custodianProblem(asked, envelopes);
  if (strange !== undefined) return no(strange);
  const given = await raftOf(asked.raft);
  if (given && 'problem' in given) return no(given.problem);
  const raft = given ?? standing?.raft;
  const { storage } = app;
  const glass: Glass = {
    world: app.world,
    fleet,
    cluster,
    envelopes,
    derived,
    who: `break-glass:${user}@${host}`,
    whoName: user,
    reason: asked.reason,
    lost: asked.lost,
    ...(raft && { raft }),
    ...(standing && 'state' in storage && { stored: { state: storage.state, takeOver: asked.takeOver } }),
    say,
    stop,
  };
  const changed = await trustChanges(glass);
  if (changed.length === 0) return { ok: true, glass, ...(standing && { standing }) };
  return no(
    `escrow-trust-changed: ${app.fleetPath} differs from what the envelopes are bound to: ${changed.join('; ')}. ` +
      'It cannot be rebound here. Put fleet.yaml back as it was, or add --without-fleet to go by the addresses, names and CA of the envelopes.',
  );
}

/** Before anything is opened or ended by it. Never repeats the word: it may be a share (rule 1). */
function custodianProblem(
  { contribution }: Asked,
  { generation: { envelopes } }: EnvelopeFile,
): string | undefined {
  if (!contribution) return undefined;
  const names = holdingsOf(envelopes).map(({ name }) => name);
  if (names.includes(contribution.custodian)) return undefined;
  return `--custodian: the envelopes know no custodian of that name; theirs are ${names.join(', ')}. If it was a share that you typed, it is known to others now: the history of this shell has it.`;
}

async function fleetFor(
  app: BreakGlassApp,
  asked: Asked,
  { generation }: EnvelopeFile,
  say: (line: string) => void,
): Promise<{ ok: true; fleet: Fleet; derived: boolean } | { ok: false; problem: string }> {
  const { fleetPath, limits } = app;
  const read = app.readFleet ?? (() => readSmall(fleetPath));
  const text = asked.withoutFleet ? undefined : await read();
  if (text instanceof Buffer) {
    const parsed = parseFleet(text.toString('utf8'), limits);
    if (parsed.ok) return { ok: true, fleet: parsed.fleet, derived: false };
    say(formatProblems(parsed.problems, fleetPath));
  } else if (typeof text === 'string') {
    say(`${fleetPath} cannot be read (${text}).`);
  }
  const derived = derivedFleet(generation, limits);
  if (!derived.ok) return { ok: false, problem: derived.problems.join('\n') };
  say(
    'Without fleet.yaml: nodes, addresses and custodians are those of the envelopes. No client certificate is shown.',
  );
  const local = generation.envelopes.filter(({ wrap }) => wrap === 'scrypt-A256GCM');
  for (const name of new Set(local.map(({ custodian }) => custodian))) {
    say(`The passphrase of custodian ${name} is read from ${passphraseVariable(name, limits)}.`);
  }
  return { ok: true, fleet: derived.fleet, derived: true };
}

async function raftOf(path: string | undefined): Promise<Glass['raft'] | { problem: string }> {
  if (path === undefined) return undefined;
  const bytes = await readSmall(path);
  if (typeof bytes === 'string') return { problem: `--raft ${path} cannot be read (${bytes})` };
  const parsed = readRaft(bytes.toString('utf8'), (await stat(path)).mtimeMs);
  return parsed.ok ? parsed.raft : { problem: `--raft ${path} ${parsed.problem}` };
}

function no(problem: string): Prepared {
  return { ok: false, problem };
}
