/** Where the envelopes come from: recover's storage where it answers, or a file where it does not. */
import type { BreakGlassApp } from '../../shared/compose/break-glass.ts';
import { type EnvelopeFile, readEnvelopes } from '../../shared/work/break-glass/envelope-file.ts';
import { lookInStorage, type Standing } from '../../shared/work/break-glass/storage.ts';
import type { Asked } from './arguments.ts';
import { readSmall } from './read-small.ts';

export type Found =
  | { ok: true; envelopes: EnvelopeFile; standing?: Standing }
  | { ok: false; problem: string };

export async function findEnvelopes(app: BreakGlassApp, { cluster, envelopes }: Asked): Promise<Found> {
  if (envelopes === undefined) return inStorage(app, cluster);
  const bytes = await readSmall(envelopes);
  if (typeof bytes === 'string') {
    return { ok: false, problem: `--envelopes ${envelopes} cannot be read (${bytes})` };
  }
  return readEnvelopes(bytes, cluster, envelopes);
}

async function inStorage({ storage, world }: BreakGlassApp, cluster: string): Promise<Found> {
  if ('problem' in storage) return away(cluster, storage.problem);
  const looked = await lookInStorage(storage, cluster, world.clock);
  if (looked.ok) return { ok: true, envelopes: looked.standing.envelopes, standing: looked.standing };
  return looked.away ? away(cluster, looked.why) : { ok: false, problem: `${looked.why}.` };
}

function away(cluster: string, why: string): Found {
  const problem = [
    `The envelopes of ${cluster} cannot be read from storage: ${why.replace(/\.$/, '')}.`,
    "  Storage is up: set SEALWATCH_STORAGE... to recover's storage account, run az login, and be let in by its roles and its firewall (the embedded host's: in its folder, while npm start runs).",
    `  Storage is down: sealwatch recover --cluster ${cluster} --envelopes FILE --without-state --reason "…", with the file that "sealwatch escrow export" wrote before.`,
  ].join('\n');
  return { ok: false, problem };
}

/** What a person is told who names a file, and does not say that storage is away. */
export async function whyNotStorage({ storage, world }: BreakGlassApp, cluster: string): Promise<string> {
  const looked = 'problem' in storage ? undefined : await lookInStorage(storage, cluster, world.clock);
  if (looked?.ok) {
    return 'Storage answers, and has the envelopes: leave --envelopes out, and no pass of the recover app can act beside this one. To go by the file all the same: add --without-state.';
  }
  const why = looked ? looked.why : 'problem' in storage ? storage.problem : '';
  return `Storage does not give the envelopes: ${why.replace(/\.$/, '')}. To go on without it, and with nothing that keeps another recovery away: add --without-state.`;
}
