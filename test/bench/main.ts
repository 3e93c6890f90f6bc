/** `npm run bench -- NAME [options] [--json]`: one JSON object with --json, progress on stderr. */
import { parseArgs } from 'node:util';
import { requireNode } from '../../cli/node-version.ts';
import { benchDetect } from './detect/run.ts';
import { benchLoad, tooSlow } from './load/run.ts';
import { benchRecover, slowness } from './recover/real.ts';
import { benchSimulated, shortfall } from './recover/simulated.ts';
import { shortfalls } from './scale/bounds.ts';
import { benchScale } from './scale/run.ts';
import { benchHung } from './sweep/hung.ts';
import { benchSweep } from './sweep/run.ts';

requireNode();

const usage = `usage: npm run bench -- sweep  [--nodes 1000] [--tls] [--interval 30] [--rounds 8] [--json]
       npm run bench -- hung   [--nodes 1000] [--tls] [--percent 3] [--json]
       npm run bench -- detect [--runs 3] [--json]
       npm run bench -- load   [--rounds 20] [--limit 1.6] [--json]
         exits with 1 if a package starts in more than an empty app's time times the limit
       npm run bench -- recover [--rounds 5] [--fast-elections] [--limit 1.3] [--json]
         exits with 1 if it takes longer than plain calls times the limit
       npm run bench -- recover --simulated [--clusters 200] [--vaults 3] [--limit 4000] [--json]
         exits with 1 unless all clusters serve and no vault was asked more often than the limit in any 10 s
       npm run bench -- scale  [--nodes 100,1000,10000] [--workers 1,2,4] [--warm-up N] [--sweeps 3] [--interval 30] [--batch N]
                               [--tls] [--node-options=--max-semi-space-size=4] [--json]
         exits with 1 unless time, memory, CPU and storage transactions are as docs/scale.md wants them`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string' },
    workers: { type: 'string', default: '1,2,4' },
    'warm-up': { type: 'string' },
    sweeps: { type: 'string', default: '3' },
    batch: { type: 'string' },
    'node-options': { type: 'string', default: '' },
    tls: { type: 'boolean', default: false },
    interval: { type: 'string', default: '30' },
    rounds: { type: 'string' },
    percent: { type: 'string', default: '3' },
    runs: { type: 'string', default: '3' },
    simulated: { type: 'boolean', default: false },
    clusters: { type: 'string', default: '200' },
    vaults: { type: 'string', default: '3' },
    limit: { type: 'string' },
    'fast-elections': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => console.error(line);
const nodes = Number(values.nodes ?? 1000);
const numbers = (list: string): number[] => list.split(',').map(Number);
const failWith = (problem: string | undefined): void => {
  if (problem === undefined) return;
  say(problem);
  process.exitCode = 1;
};

const benches: Record<string, () => Promise<unknown>> = {
  sweep: () =>
    benchSweep(
      {
        nodes,
        tls: values.tls,
        intervalMs: Number(values.interval) * 1000,
        warmRounds: Number(values.rounds ?? 8),
      },
      say,
    ),
  detect: () => benchDetect(Number(values.runs), say),
  recover: async () => {
    const limit = values.limit === undefined ? undefined : Number(values.limit);
    if (!values.simulated) {
      const timed = await benchRecover(Number(values.rounds ?? 5), values['fast-elections'], say);
      failWith(slowness(timed, limit));
      return timed;
    }
    const result = await benchSimulated(Number(values.clusters), say, {
      ...(limit !== undefined && { limitIn10s: limit }),
      vaults: Number(values.vaults),
    });
    failWith(shortfall(result));
    return result;
  },
  scale: async () => {
    const result = await benchScale(
      {
        nodes: numbers(values.nodes ?? '100,1000,10000'),
        workers: numbers(values.workers),
        tls: values.tls,
        intervalSeconds: Number(values.interval),
        ...(values['warm-up'] !== undefined && { warmUp: Number(values['warm-up']) }),
        sweeps: Number(values.sweeps),
        nodeOptions: values['node-options'].split(' ').filter(Boolean),
        ...(values.batch !== undefined && { batch: Number(values.batch) }),
      },
      say,
    );
    for (const line of shortfalls(result)) failWith(`FAILED: ${line}`);
    return result;
  },
  load: async () => {
    const times = await benchLoad(Number(values.rounds ?? 20), say);
    failWith(tooSlow(times, Number(values.limit ?? 1.6)));
    return times;
  },
  hung: () => benchHung(nodes, values.tls, Number(values.percent)),
};

const bench = benches[positionals[0] ?? ''];
if (!bench || positionals.length !== 1) {
  console.error(usage);
  process.exit(positionals.length === 0 ? 0 : 2);
}
const result = await bench();
console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
