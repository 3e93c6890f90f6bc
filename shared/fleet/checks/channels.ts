import { formatPath } from '../problem.ts';
import { nearest } from '../spelling.ts';
import type { Check, Context } from './check.ts';
import { eachTwice } from './check.ts';

/** `notify` and `fallback` name channels that exist; fallbacks lead somewhere; one or two keys sign. */
export const checkChannels: Check = (context) => {
  const { draft, report } = context;
  const channels = draft.channels ?? {};
  for (const [cluster, { notify = [] }] of Object.entries(draft.clusters ?? {})) {
    const entries = notify.map((name, index) => ({
      key: name,
      path: ['clusters', cluster, 'notify', index],
    }));
    for (const { key, path } of entries)
      if (!Object.hasOwn(channels, key)) unknownChannel(context, key, path);
    eachTwice(entries, (again, first) =>
      report(again, `this channel is already named at ${formatPath(first)}`),
    );
  }
  for (const [name, { kind, signingKeys }] of Object.entries(channels))
    if (kind === 'webhook' && signingKeys !== undefined && (signingKeys.length < 1 || signingKeys.length > 2))
      report(['channels', name, 'signingKeys'], 'must hold one signing key, or two during a change');
  const next = (name: string) => (Object.hasOwn(channels, name) ? channels[name]?.fallback : undefined);
  const told = new Set<string>();
  for (const name of Object.keys(channels)) {
    const path = ['channels', name, 'fallback'];
    const fallback = next(name);
    if (fallback === undefined) continue;
    if (!Object.hasOwn(channels, fallback)) unknownChannel(context, fallback, path);
    const circle = circleFrom(name, next);
    if (circle === undefined || told.has(name)) continue;
    for (const member of circle) told.add(member);
    report(path, `fallbacks go round in a circle: ${[...circle, name].join(' → ')}`);
  }
};

function unknownChannel({ draft, report }: Context, name: string, path: (string | number)[]): void {
  const known = Object.keys(draft.channels ?? {});
  const names = known.length === 0 ? 'there is none' : known.slice(0, 20).join(', ');
  report(path, `must be the name of a channel of this file (${names})`, nearest(name, known));
}

/** The channels from `start` back to `start`; undefined when the way ends or ends in another circle. */
function circleFrom(start: string, next: (name: string) => string | undefined): string[] | undefined {
  const way = [start];
  for (let name = next(start); name !== undefined; name = next(name)) {
    if (name === start) return way;
    if (way.includes(name)) return undefined;
    way.push(name);
  }
  return undefined;
}
