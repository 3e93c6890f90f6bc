/** `process_start_time_seconds` out of a Prometheus exposition of up to some megabytes, without making it a string. */
import type { Reply } from '../transport/exchange.ts';
import type { Read } from './json-answer.ts';
import { refusal } from './refusal.ts';

const name = 'process_start_time_seconds';
/** The end of the year 9999, ms: what lies beyond cannot be shown as a date, and no process started then. */
const latest = Date.UTC(10_000, 0) - 1;
const first = Buffer.from(`${name} `);
const later = Buffer.from(`\n${name} `);

/** In ms since the epoch. */
export function readProcessStart(reply: Reply): Read<number> {
  const { status } = reply;
  if (status !== 200) return { code: 'http', ...refusal(reply, false) };
  const start = find(Buffer.concat(reply.chunks));
  if (start !== undefined) return { body: start };
  const field = `${name}: expected a time in seconds, got nothing of the kind`;
  return { code: 'not-vault', detail: `no start time in the metrics: ${field}`, facts: { status, field } };
}

function find(body: Buffer): number | undefined {
  let start = first.length;
  if (!body.subarray(0, first.length).equals(first)) {
    const at = body.indexOf(later);
    if (at === -1) return undefined;
    start = at + later.length;
  }
  // "1.79530856e+09": no float64 is longer than 24 characters, and a timestamp may follow it.
  const [value = ''] = body
    .subarray(start, start + 64)
    .toString('latin1')
    .split(/\s/, 1);
  const ms = Math.round(Number(value) * 1000);
  return ms > 0 && ms <= latest ? ms : undefined;
}
