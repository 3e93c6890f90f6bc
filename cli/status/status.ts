/** `sealwatch status`: the fleet as watch last saw it, the worst first, and whether anybody is watching. */
import { connectApi, plain } from '../api/client.ts';
import { parse, required } from '../arguments.ts';
import type { Command } from '../context.ts';
import { asJson } from '../terminal/as-json.ts';
import { describe, isCalm, Status } from './answer.ts';

export const status: Command = async (args, context) => {
  const { values } = parse(args, {
    cluster: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const name = values.cluster === undefined ? undefined : required(values.cluster, '--cluster');
  const { terminal } = context;
  const api = await connectApi(context, 'watch');
  const query = name === undefined ? '' : `?cluster=${encodeURIComponent(name)}`;
  const seen = await api.call('GET', `status/clusters${query}`, Status);
  if (values.json) terminal.say(asJson(seen));
  else for (const line of describe(seen, name !== undefined)) terminal.say(plain(line));
  for (const line of seen.unreadable) terminal.complain(plain(`A row cannot be read: ${line}`));
  return isCalm(seen) ? 0 : 1;
};
