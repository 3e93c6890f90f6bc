/** `sealwatch rotation run | confirm | rollback | approve | forget`: people's words, to rotate's routes. */
import type { KindName } from '../../shared/rotation/rotation.ts';
import { connectApi, plain } from '../api/client.ts';
import { parse, reasonOf } from '../arguments.ts';
import { type Command, type Context, Refused, Usage } from '../context.ts';
import { describe, Shown } from './answer.ts';
import { at, nameOne } from './named.ts';

const kinds: Record<KindName, true> = {
  'transit-token': true,
  'transit-key': true,
  'entra-secret': true,
  'keyvault-key': true,
};
const reasoned = { reason: { type: 'string' } } as const;

export const rotate: Command = async (args, context) => {
  const { values, positionals } = parse(args, reasoned, 2, 'name one cluster and one kind');
  const [cluster = '', kind = ''] = positionals;
  if (!Object.hasOwn(kinds, kind)) throw new Usage(`the kind is one of ${Object.keys(kinds).join(', ')}`);
  const reason = reasonOf(values.reason);
  const api = await connectApi(context, 'rotate');
  const shown = await api.call('POST', 'rotations', Shown, { cluster, kind, reason });
  context.terminal.say(plain(shown.id));
  tell(shown, context);
  context.terminal.complain(`It goes on by itself: sealwatch rotation show ${plain(shown.id)}`);
  return 0;
};

export const confirm: Command = async (args, context) => {
  const { id, reason } = named(args);
  const api = await connectApi(context, 'rotate');
  tell(await api.call('POST', `${at(id)}/confirm`, Shown, { reason }), context);
  context.terminal.say('Confirmed: it goes on with its next turn.');
  return 0;
};

export const rollBack: Command = async (args, context) => {
  const { id, reason } = named(args);
  const api = await connectApi(context, 'rotate');
  tell(await api.call('POST', `${at(id)}/rollback`, Shown, { reason }), context);
  context.terminal.say('It goes back to the one before, from its next turn on.');
  return 0;
};

/** Exactly what it leaves is the answer: whoever forgets it has to end that by hand. */
export const forget: Command = async (args, context) => {
  const { id, reason } = named(args);
  const api = await connectApi(context, 'rotate');
  tell(await api.call('POST', `${at(id)}/forget`, Shown, { reason }), context);
  context.terminal.say('Forgotten: nothing was ended at a provider or a sink.');
  return 0;
};

/** What is approved is what was shown: the app refuses once it is something else. */
export const approve: Command = async (args, context) => {
  const { values, positionals } = parse(args, { yes: { type: 'boolean', default: false } }, 1, nameOne);
  const [id = ''] = positionals;
  const { terminal } = context;
  const api = await connectApi(context, 'rotate');
  const shown = await api.call('GET', at(id), Shown);
  tell(shown, context);
  if (!shown.needs) throw new Refused('it asks for no approval now');
  const { hash, why } = shown.needs;
  if (!values.yes) {
    if (!terminal.interactive) throw new Refused('nobody can be asked here: run it again with --yes');
    const answer = await terminal.ask('Approve exactly this? Type yes: ');
    if (answer?.toLowerCase() !== 'yes') throw new Refused('Not approved.');
  }
  await api.call('POST', `${at(id)}/approve`, Shown, { binding: hash });
  terminal.say(plain(`Approved, for an hour: ${why}`));
  return 0;
};

function named(args: string[]): { id: string; reason: string } {
  const { values, positionals } = parse(args, reasoned, 1, nameOne);
  return { id: positionals[0] ?? '', reason: reasonOf(values.reason) };
}

function tell(shown: Shown, { terminal }: Context): void {
  for (const line of describe(shown)) terminal.complain(line);
}
