/** `sealwatch rotation list | show`: what rotates, and what it waits for. */
import { connectApi, plain } from '../api/client.ts';
import { parse, required } from '../arguments.ts';
import type { Command } from '../context.ts';
import { asJson } from '../terminal/as-json.ts';
import { All, describe, lineOf, Shown } from './answer.ts';
import { at, nameOne } from './named.ts';

export const list: Command = async (args, context) => {
  const { values } = parse(args, { cluster: { type: 'string' }, json: { type: 'boolean', default: false } });
  const cluster = values.cluster === undefined ? undefined : required(values.cluster, '--cluster');
  const { terminal } = context;
  const api = await connectApi(context, 'rotate');
  const query = cluster === undefined ? '' : `?cluster=${encodeURIComponent(cluster)}`;
  const all = await api.call('GET', `rotations${query}`, All);
  if (values.json) terminal.say(asJson(all));
  else {
    for (const shown of all.rotations) terminal.say(lineOf(shown));
    if (all.rotations.length === 0)
      terminal.complain('Nothing rotates, and nothing did in the last 90 days.');
  }
  for (const row of all.unreadable) terminal.complain(plain(`A row cannot be read: ${row}`));
  return all.unreadable.length === 0 ? 0 : 1;
};

export const show: Command = async (args, context) => {
  const [id = ''] = parse(args, {}, 1, nameOne).positionals;
  const api = await connectApi(context, 'rotate');
  for (const line of describe(await api.call('GET', at(id), Shown))) context.terminal.say(line);
  return 0;
};
