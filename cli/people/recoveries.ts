/** `sealwatch request | show | approve | reject`: calls of recover's routes. */
import { z } from 'zod';
import { type Api, connectApi, oneLine, plain } from '../api/client.ts';
import { parse, reasonOf, required } from '../arguments.ts';
import { type Command, Refused } from '../context.ts';

const Opened = z.object({ id: z.string() });
const Shown = z.object({
  id: z.string(),
  cluster: z.string(),
  kind: z.string(),
  status: z.string(),
  requested: z.object({
    at: z.string(),
    by: z.string(),
    way: z.string(),
    reason: z.string(),
    dryRun: z.boolean(),
  }),
  waitsFor: z.object({ what: z.string(), until: z.string() }).optional(),
  needs: z
    .object({
      kind: z.string(),
      why: z.string(),
      hash: z.string().optional(),
      binding: z
        .object({
          steps: z.array(z.string()),
          generation: z.object({ generation: z.int(), revision: z.int() }).optional(),
        })
        .optional(),
    })
    .optional(),
  approvals: z.array(z.object({ by: z.string(), at: z.string(), until: z.string() })),
  unsealed: z.array(z.string()),
  troubles: z.array(z.object({ at: z.string(), where: z.string(), message: z.string() })),
  ended: z.object({ at: z.string(), outcome: z.string(), summary: z.string() }).optional(),
});
type Shown = z.infer<typeof Shown>;

export const request: Command = async (args, context) => {
  const { values } = parse(args, {
    cluster: { type: 'string' },
    reason: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    lost: { type: 'string', multiple: true, default: [] },
    'take-over': { type: 'boolean', default: false },
  });
  const cluster = required(values.cluster, '--cluster');
  const reason = reasonOf(values.reason);
  const api = await connectApi(context);
  const { id } = await api.call('POST', `clusters/${encodeURIComponent(cluster)}/recoveries`, Opened, {
    reason,
    dryRun: values['dry-run'],
    lost: values.lost,
    takeOver: values['take-over'],
  });
  context.terminal.say(plain(id));
  context.terminal.complain(`Asked. What it does and needs: sealwatch show ${plain(id)}`);
  return 0;
};

export const show: Command = async (args, context) => {
  const [id = ''] = parse(args, {}, 1).positionals;
  const shown = await read(await connectApi(context), id);
  for (const line of [...describe(shown), ...endOf(shown)]) context.terminal.say(line);
  return 0;
};

/** Shows what is approved before it is: an approval is for exactly that. */
export const approve: Command = async (args, context) => {
  const { values, positionals } = parse(args, { yes: { type: 'boolean', default: false } }, 1);
  const [id = ''] = positionals;
  const { terminal } = context;
  const api = await connectApi(context);
  const shown = await read(api, id);
  for (const line of describe(shown)) terminal.complain(line);
  const hash = shown.needs?.hash;
  if (hash === undefined) throw new Refused('it asks for no approval now');
  if (!values.yes) {
    if (!terminal.interactive) throw new Refused('nobody can be asked here: run it again with --yes');
    const answer = await terminal.ask('Approve exactly this? Type yes: ');
    if (answer?.toLowerCase() !== 'yes') throw new Refused('Not approved.');
  }
  const Approval = z.object({
    binding: z.object({ steps: z.array(z.string()) }),
    expiresAt: z.number().min(0).max(8.64e15),
  });
  const { binding, expiresAt } = await api.call('POST', `${at(id)}/approve`, Approval, {
    binding: hash,
  });
  terminal.say(plain(`Approved: ${binding.steps.join(', ')}, until ${new Date(expiresAt).toISOString()}.`));
  return 0;
};

export const reject: Command = async (args, context) => {
  const { values, positionals } = parse(args, { reason: { type: 'string' } }, 1);
  const reason = reasonOf(values.reason);
  const api = await connectApi(context);
  await api.call('POST', `${at(positionals[0] ?? '')}/reject`, z.unknown(), { reason });
  context.terminal.say('Rejected: it has ended.');
  return 0;
};

function read(api: Api, id: string): Promise<Shown> {
  return api.call('GET', at(id), Shown);
}

function at(id: string): string {
  return `recoveries/${encodeURIComponent(id)}`;
}

function describe({ id, cluster, kind, status, requested, ...more }: Shown): string[] {
  const { waitsFor, needs, approvals, unsealed, troubles } = more;
  const generation = needs?.binding?.generation;
  return [
    `${id}: ${kind} of ${cluster}, ${status}${requested.dryRun ? ', dry run' : ''}`,
    `  asked ${requested.at} by ${requested.by} (${requested.way}): ${requested.reason}`,
    ...(waitsFor ? [`  waits for ${waitsFor.what}, until ${waitsFor.until}`] : []),
    ...(needs ? [`  needs approval: ${needs.why}`] : []),
    ...(needs?.binding ? [`  to approve: ${needs.binding.steps.join(', ')}`] : []),
    ...(generation ? [`  with generation ${generation.generation}, revision ${generation.revision}`] : []),
    ...approvals.map(({ by, at, until }) => `  approved ${at} by ${by}, until ${until}`),
    ...(unsealed.length > 0 ? [`  unsealed: ${unsealed.join(', ')}`] : []),
    ...troubles.map(({ at, where, message }) => `  trouble ${at} at ${where}: ${message}`),
  ].map(plain);
}

/**
 * Line by line and whole: it may hold a file for a person to place (peers.json). Further lines are set in deeper than
 * any other line of ours, so that none of them can pass for one.
 */
function endOf({ ended }: Shown): string[] {
  if (!ended) return [];
  const [first = '', ...further] = ended.summary.split(/\r?\n/);
  const lines = [`  ended ${ended.at}, ${ended.outcome}: ${first}`, ...further.map((line) => `    ${line}`)];
  return lines.map(oneLine);
}
