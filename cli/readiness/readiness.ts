/** `sealwatch readiness`: would a node that restarted right now unseal? As rotate last exercised it, or now. */
import { type Api, connectApi, plain } from '../api/client.ts';
import { parse, required } from '../arguments.ts';
import { type Command, type Context, Refused } from '../context.ts';
import { asJson } from '../terminal/as-json.ts';
import { Cluster, describe, Fleet, isCalm } from './answer.ts';

export const readiness: Command = async (args, context) => {
  const { values } = parse(args, {
    cluster: { type: 'string' },
    now: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const name = values.cluster === undefined ? undefined : required(values.cluster, '--cluster');
  const { terminal } = context;
  const api = await connectApi(context, 'rotate');
  const { fleet, failed } = values.now ? await exercise(api, name, context) : await read(api, name);
  if (values.json) terminal.say(asJson(fleet));
  else {
    for (const cluster of fleet.clusters) {
      for (const line of describe(cluster, name !== undefined)) terminal.say(plain(line));
    }
  }
  for (const line of fleet.unreadable) terminal.complain(plain(`A row cannot be read: ${line}`));
  return isCalm(fleet) && !failed ? 0 : 1;
};

interface Told {
  fleet: Fleet;
  /** A cluster could not be exercised: what is told of it is not of now. */
  failed: boolean;
}

/** As last exercised. @param name undefined: every cluster of fleet.yaml. */
async function read(api: Api, name: string | undefined): Promise<Told> {
  const fleet = await api.call('GET', 'readiness', Fleet);
  if (name === undefined) return { fleet, failed: false };
  const clusters = fleet.clusters.filter(({ cluster }) => cluster === name);
  if (clusters.length === 0) throw new Refused(`fleet.yaml has no cluster "${plain(name)}"`);
  const unreadable = fleet.unreadable.filter((row) => isOf(row, name));
  return { fleet: { ...fleet, clusters, unreadable }, failed: false };
}

/** One after the other: a provider is not asked for all of its consumers at once. One that fails costs no other its turn. */
async function exercise(api: Api, name: string | undefined, { terminal }: Context): Promise<Told> {
  if (name !== undefined) {
    const cluster = await exerciseOne(api, name);
    return { fleet: { clusters: [cluster], unreadable: [] }, failed: false };
  }
  const before = await api.call('GET', 'readiness', Fleet);
  const clusters: Cluster[] = [];
  let { unreadable } = before;
  let failed = false;
  for (const known of before.clusters) {
    try {
      clusters.push(await exerciseOne(api, known.cluster));
      // Its row was written anew.
      unreadable = unreadable.filter((row) => !isOf(row, known.cluster));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      terminal.complain(plain(`${known.cluster} was not exercised: ${error.message}`));
      clusters.push(known);
      failed = true;
    }
  }
  return { fleet: { ...before, clusters, unreadable }, failed };
}

function exerciseOne(api: Api, name: string): Promise<Cluster> {
  return api.call('POST', `readiness/${encodeURIComponent(name)}`, Cluster);
}

/** An unreadable row is told as "cluster: why". */
function isOf(row: string, cluster: string): boolean {
  return row.startsWith(`${cluster}: `);
}
