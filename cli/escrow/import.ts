/** `sealwatch escrow import`: shares that people hold become envelopes that custodians hold. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type ClusterSeal, type Given, importShares, zeroGiven } from '../../shared/escrow/import.ts';
import type { Share } from '../../shared/escrow/share.ts';
import { describeImport } from '../../shared/work/escrow/describe.ts';
import { type ImportView, lookBeforeImport } from '../../shared/work/escrow/look.ts';
import { storeGeneration } from '../../shared/work/escrow/store.ts';
import type { RecoverDeps } from '../../shared/work/recover/deps.ts';
import { type Api, connectApi, NoAnswer, plain } from '../api/client.ts';
import { parse, required } from '../arguments.ts';
import { ownDeps } from '../compose.ts';
import { type Command, type Context, Refused } from '../context.ts';
import type { Terminal } from '../terminal/terminal.ts';

const Accepted = z.object({ generation: z.int(), revision: z.int(), warnings: z.array(z.string()) });

export const importEscrow: Command = async (args, context) => {
  const { values } = parse(args, {
    cluster: { type: 'string' },
    file: { type: 'string' },
    yes: { type: 'boolean', default: false },
  });
  const { terminal } = context;
  const cluster = required(values.cluster, '--cluster');
  // Before a share is read: without a token it would end in a blob that nobody takes.
  const api = await connectApi(context);
  const deps = await ownDeps(context);
  const looked = await lookBeforeImport(deps, cluster);
  if (!looked.ok) throw new Refused(looked.problems.map(plain).join('\n'));
  for (const line of describeImport(looked.view)) terminal.complain(plain(line));
  await confirm(terminal, cluster, values.yes);
  await importInto(deps, looked.view, await given(terminal, values.file, looked.view.seal), api, context);
  return 0;
};

async function importInto(
  deps: RecoverDeps,
  view: ImportView,
  given: Given,
  api: Api,
  { terminal }: Context,
): Promise<void> {
  let shares: Share[] = [];
  let rootToken = false;
  let stored: Awaited<ReturnType<typeof storeGeneration>>;
  try {
    const read = importShares(given, view.seal);
    zeroGiven(given);
    rootToken = read.rootToken;
    if (!read.ok) throw new Refused(`${read.problems.join('\n')}\nNothing was written.`);
    ({ shares } = read);
    terminal.complain(`${shares.length} shares fit the cluster: wrapping them.`);
    stored = await storeGeneration(deps, view, shares, api.person);
  } finally {
    zeroGiven(given);
    for (const share of shares) share.destroy();
  }
  if (!stored.ok) throw new Refused(`${stored.problems.join('\n')}\nNothing was written.`);
  const warnings = await askToAccept(api, view.cluster.name, stored);
  terminal.say(
    `${view.cluster.name}: generation ${stored.generation} is accepted: recover opened ${view.seal.count} shares, and uses them from now on.`,
  );
  for (const warning of warnings) terminal.complain(`Still to mend: ${plain(warning)}`);
  terminal.complain(
    'It is proven by its first real unseal; until then it is told as escrow-unproven. Keep the shares that people hold until then.',
  );
  if (rootToken) {
    terminal.complain(
      'The file holds a root token. It was not stored: revoke it (vault token revoke -self, logged in with it), then destroy the file (shred -u FILE).',
    );
  } else if (given.form === 'file') {
    terminal.complain(
      'Destroy the file once the shares are proven (shred -u FILE): it is the key in plain text.',
    );
  }
}

async function confirm(terminal: Terminal, cluster: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!terminal.interactive) {
    throw new Refused('nobody can be asked here: look at the above, then run it again with --yes');
  }
  const answer = await terminal.ask(`\nIs all of this right? Type the name of the cluster to bind it: `);
  if (answer !== cluster) throw new Refused('Not confirmed: nothing was written.');
}

/** The bytes are the caller's to zero. */
async function given(terminal: Terminal, file: string | undefined, { count }: ClusterSeal): Promise<Given> {
  if (file === '-' || (file === undefined && !terminal.interactive)) {
    return { form: 'file', bytes: await terminal.input() };
  }
  if (file !== undefined) return { form: 'file', bytes: await bytesOf(file) };
  terminal.complain(
    `Type or paste the ${count} shares, one a line, base64 or hex. Nothing is shown. Ctrl-C stops.`,
  );
  const prompts = Array.from({ length: count }, (_, place) => `share ${place + 1} of ${count}: `);
  const lines = await terminal.hidden(prompts);
  if (!lines) throw new Refused('Stopped: nothing was written.');
  return { form: 'prompt', lines };
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new Refused(
      `the file cannot be read (${code}): --file names what vault operator init -format=json printed`,
    );
  }
}

async function askToAccept(
  api: Api,
  cluster: string,
  { blob, generation, revision }: { blob: string; generation: number; revision: number },
): Promise<string[]> {
  try {
    const path = `clusters/${encodeURIComponent(cluster)}/generations`;
    return (await api.call('POST', path, Accepted, { generation, revision })).warnings;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const stands =
      error instanceof NoAnswer
        ? `Whether recover accepted it is not known: see sealwatch escrow list. The blob ${blob} stands; if it was not accepted nothing uses it: then import again.`
        : `Recover did not accept it, and goes on with what it had. The blob ${blob} stands, and nothing uses it: mend the above, then import again.`;
    throw new Refused(`${error.message}\n${stands}`);
  }
}
