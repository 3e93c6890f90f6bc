/** `sealwatch hold`: automation leaves a cluster alone, until a time. */
import { z } from 'zod';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectApi } from '../api/client.ts';
import { parse, reasonOf, required } from '../arguments.ts';
import { type Command, Usage } from '../context.ts';

const units = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 } as const;

export const hold: Command = async (args, context) => {
  const { values } = parse(args, {
    cluster: { type: 'string' },
    until: { type: 'string' },
    for: { type: 'string' },
    reason: { type: 'string' },
    end: { type: 'boolean', default: false },
  });
  const cluster = required(values.cluster, '--cluster');
  const path = `clusters/${encodeURIComponent(cluster)}/hold`;
  if (values.end) {
    if (values.until !== undefined || values.for !== undefined || values.reason !== undefined) {
      throw new Usage('--end stands alone');
    }
    await (await connectApi(context)).call('DELETE', path, z.unknown());
    context.terminal.say(`${cluster}: the hold has ended.`);
    return 0;
  }
  const until = endOf(values.until, values.for, systemClock.now());
  const reason = reasonOf(values.reason);
  await (await connectApi(context)).call('POST', path, z.unknown(), { until, reason });
  context.terminal.say(`${cluster}: held until ${until}. People can still recover it by hand.`);
  return 0;
};

/** ISO 8601. @param now ms. @throws Usage */
export function endOf(until: string | undefined, length: string | undefined, now: number): string {
  if ((until === undefined) === (length === undefined)) {
    throw new Usage('say until when: --until 2026-11-22T06:00:00Z, or --for 2h');
  }
  if (length !== undefined) {
    const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(length) ?? [];
    if (count === undefined || Number(count) === 0) throw new Usage('--for takes 30m, 2h or 3d');
    return new Date(now + Number(count) * units[unit as keyof typeof units]).toISOString();
  }
  // Without a zone it would be the laptop's own: a hold that ends hours early or late.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(until ?? '')) {
    throw new Usage('--until takes a time with its zone, such as 2026-11-22T06:00:00Z');
  }
  const ms = Date.parse(until ?? '');
  if (Number.isNaN(ms)) throw new Usage('--until names no time that there is');
  return new Date(ms).toISOString();
}
