/** `sealwatch escrow list | verify | rewrap | rebind | go-back | export`. */
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { exportEnvelopes } from '../../shared/work/escrow/export.ts';
import { describeListed, listEscrow } from '../../shared/work/escrow/list.ts';
import { oldKeyLine } from '../../shared/work/escrow/old-key-words.ts';
import { verifyEscrow } from '../../shared/work/escrow/verify.ts';
import { connectApi, plain } from '../api/client.ts';
import { parse, reasonOf, required } from '../arguments.ts';
import { ownDeps } from '../compose.ts';
import { type Command, type Context, Refused } from '../context.ts';

const cluster = { type: 'string' } as const;
const Kept = z.object({
  generation: z.int(),
  revision: z.int(),
  problems: z.array(z.object({ code: z.string(), message: z.string() })),
  oldKeys: z
    .array(
      z.object({
        custodian: z.string(),
        keyId: z.string(),
        gone: z.enum(['disabled', 'deleted']).exactOptional(),
        neededBy: z.array(z.string()),
      }),
    )
    .default([]),
  waitsFor: z.string().optional(),
});
type Kept = z.infer<typeof Kept>;
const Opened = z.object({ id: z.string() });
const Accepted = z.object({ warnings: z.array(z.string()) });

export const list: Command = async (args, context) => {
  parse(args, {});
  const listed = await listEscrow(await ownDeps(context));
  if (listed.length === 0) context.terminal.say('No cluster of fleet.yaml names custodians.');
  for (const line of listed.flatMap(describeListed)) context.terminal.say(plain(line));
  return listed.some(({ unreadable, row }) => unreadable !== undefined || row?.bad) ? 1 : 0;
};

export const verify: Command = async (args, context) => {
  const { values } = parse(args, { cluster, 'by-recover': { type: 'boolean', default: false } });
  const name = required(values.cluster, '--cluster');
  if (values['by-recover']) return tell(context, name, 'recover', await keep(context, name, true));
  const verified = await verifyEscrow(await ownDeps(context), name);
  if (!verified.ok) throw new Refused(verified.message);
  return tell(context, name, 'your login', verified.value);
};

export const rewrap: Command = async (args, context) => {
  const { values } = parse(args, { cluster });
  const name = required(values.cluster, '--cluster');
  const kept = await keep(context, name, false);
  const code = tell(context, name, 'recover', kept);
  if (kept.waitsFor !== undefined) {
    context.terminal.say(
      `Not rewrapped: recovery ${plain(kept.waitsFor)} is open. Run it again once that ended.`,
    );
  }
  for (const key of kept.oldKeys) context.terminal.say(plain(oldKeyLine(key)));
  return code;
};

async function keep(context: Context, name: string, verifyOnly: boolean): Promise<Kept> {
  const api = await connectApi(context);
  return api.call('POST', `clusters/${encodeURIComponent(name)}/upkeep`, Kept, { verifyOnly });
}

function tell(
  { terminal }: Context,
  name: string,
  who: string,
  { generation, revision, problems }: Pick<Kept, 'generation' | 'revision' | 'problems'>,
): number {
  const what = `${name}: generation ${generation}, revision ${revision}`;
  if (problems.length === 0) {
    terminal.say(`${what}: ${who} opens every envelope, wrapped by the newest key versions.`);
    return 0;
  }
  terminal.say(`${what}, as ${who} finds it:`);
  for (const { code, message } of problems) terminal.say(`  ${plain(code)}: ${plain(message)}`);
  return 1;
}

export const rebind: Command = async (args, context) => {
  const { values } = parse(args, { cluster, reason: { type: 'string' } });
  const name = required(values.cluster, '--cluster');
  const reason = reasonOf(values.reason);
  const api = await connectApi(context);
  const path = `clusters/${encodeURIComponent(name)}/recoveries`;
  const { id } = await api.call('POST', path, Opened, { kind: 'rebind', reason });
  context.terminal.say(plain(id));
  context.terminal.complain(
    `Asked. Another person looks at it (sealwatch show ${plain(id)}) and approves (sealwatch approve ${plain(id)}); an approval ends after an hour.`,
  );
  return 0;
};

/** To the generation that was proven before the one in use, while that one is not: by an approver. */
export const goBack: Command = async (args, context) => {
  const { values } = parse(args, { cluster });
  const name = required(values.cluster, '--cluster');
  const api = await connectApi(context);
  const row = await (await ownDeps(context)).state.generations.newest(name);
  const previous = row?.value.previous;
  if (!previous) throw new Refused(`${plain(name)}: no proven generation came before the one in use`);
  const { generation, revision } = previous;
  const path = `clusters/${encodeURIComponent(name)}/generations/back`;
  const { warnings } = await api.call('POST', path, Accepted, { generation, revision });
  context.terminal.say(`${name}: generation ${generation}, revision ${revision} is in use again.`);
  for (const warning of warnings) context.terminal.complain(`Still to mend: ${plain(warning)}`);
  return 0;
};

export const exportTo: Command = async (args, context) => {
  const { values } = parse(args, { cluster, out: { type: 'string' } });
  const name = required(values.cluster, '--cluster');
  const said = await exportEnvelopes(await ownDeps(context), name);
  if (!said.ok) throw new Refused(said.message);
  const { bytes, generation, revision, threshold, custodians } = said.value;
  const file = values.out ?? `${name}.${generation}.${revision}.envelopes.json`;
  await writeFile(file, bytes, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'it exists already' : error.code;
    throw new Refused(`${file} cannot be written (${why}): name another one with --out`);
  });
  context.terminal.say(file);
  context.terminal.complain(
    `Wrapped, no plain text: opening it takes ${threshold} shares from the custodians ${custodians.join(', ')}. Break-glass: sealwatch recover --cluster ${name} --envelopes ${file} --without-state --reason "…". Export again after each import, rewrap or rebind.`,
  );
  return 0;
};
