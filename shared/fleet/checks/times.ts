import type { Path } from '../problem.ts';
import type { Check, Context } from './check.ts';

/** Times that stand in an order. What is blamed stands in the file: nobody finds the line of a default. */
export const checkTimes: Check = (context) => {
  const { totalTimeout, deadline, ...parts } = context.draft.probe ?? {};
  const { connectTimeout, headersTimeout } = parts;
  const total = { name: 'totalTimeout', ms: totalTimeout };
  checkOrder(context, total, [
    { name: 'connectTimeout', ms: connectTimeout },
    { name: 'headersTimeout', ms: headersTimeout },
  ]);
  checkOrder(context, { name: 'deadline', ms: deadline }, [total]);

  checkCertificates(context, [['thresholds']]);
  for (const name of Object.keys(context.draft.clusters ?? {})) {
    const own: Path = ['clusters', name, 'thresholds'];
    const sets = ['certificateWarning', 'certificateCritical'].some((key) => context.written([...own, key]));
    if (sets) checkCertificates(context, [own, ['thresholds']]);
  }
};

interface Time {
  name: string;
  ms: number | undefined;
}

/** None of `inner` may be longer than `outer`. */
function checkOrder({ report, written }: Context, outer: Time, inner: Time[]): void {
  const longer = inner.filter(({ ms }) => ms !== undefined && outer.ms !== undefined && ms > outer.ms);
  const said = longer.filter(({ name }) => written(['probe', name]) !== undefined);
  for (const { name } of said) report(['probe', name], `must not be longer than ${nameOf(outer, written)}`);
  // The longest default alone: with it the others are right, too.
  const [longest] = longer
    .filter((time) => !said.includes(time))
    .toSorted((a, b) => (b.ms ?? 0) - (a.ms ?? 0));
  if (longest) report(['probe', outer.name], `must not be shorter than ${nameOf(longest, written)}`);
}

/** "totalTimeout", or "totalTimeout (8s, its default)" where the file does not set it. */
function nameOf({ name, ms }: Time, written: Context['written']): string {
  return written(['probe', name]) === undefined ? `${name} (${(ms ?? 0) / 1000}s, its default)` : name;
}

/** @param levels where the thresholds stand, the nearest first: a cluster's own, then the fleet's. */
function checkCertificates({ draft, report, written }: Context, levels: Path[]): void {
  const [path = []] = levels;
  const [, cluster] = path;
  const own = typeof cluster === 'string' ? draft.clusters?.[cluster]?.thresholds : undefined;
  const msOf = (key: 'certificateCritical' | 'certificateWarning') => own?.[key] ?? draft.thresholds?.[key];
  const critical = msOf('certificateCritical');
  const warning = msOf('certificateWarning');
  if (critical === undefined || warning === undefined || critical < warning) return;
  const isOwn = (key: string) => written([...path, key]) !== undefined;
  const from = (key: string, ms: number) => {
    const days = `${ms / 86_400_000}d`;
    if (isOwn(key)) return key;
    const ofFleet = levels.slice(1).some((level) => written([...level, key]) !== undefined);
    return `${key} (${days}, ${ofFleet ? "the fleet's" : 'its default'})`;
  };
  if (isOwn('certificateCritical'))
    report([...path, 'certificateCritical'], `must be shorter than ${from('certificateWarning', warning)}`);
  else if (isOwn('certificateWarning'))
    report([...path, 'certificateWarning'], `must be longer than ${from('certificateCritical', critical)}`);
}
