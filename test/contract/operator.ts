/** The cluster that a contract is run against, and what the contract does with it. */

export interface Reply {
  /** 0: nothing listens. */
  status: number;
  body: unknown;
  location?: string;
}

export interface ClusterUnderTest {
  nodes: { name: string; nodeId: string; address: string }[];
  request(node: string, method: string, path: string, body?: unknown, token?: string): Promise<Reply>;
  kill(node: string): Promise<void>;
  start(node: string): Promise<void>;
  /** Looks again and again, while time passes, until it holds; throws after `seconds`. */
  until(what: string, seconds: number, look: () => Promise<boolean>): Promise<void>;
  /** Lets time pass, to see that something does not happen. */
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

type Json = Record<string, unknown>;

export function json(reply: Reply): Json {
  return reply.body as Json;
}

/** The first of Vault's own words on what is wrong. */
export function errors(reply: Reply): string {
  return String((json(reply).errors as string[])[0]);
}

type Operator = ReturnType<typeof operatorOf>;

/** What an operator does with a cluster, and looks at. */
function operatorOf(cluster: ClusterUnderTest) {
  const get = (node: string, path: string, token?: string) =>
    cluster.request(node, 'GET', path, undefined, token);
  const unseal = (node: string, key: string) => cluster.request(node, 'POST', 'sys/unseal', { key });
  const status = async (node: string) => (await get(node, 'sys/health')).status;
  const active = async () => {
    for (const node of cluster.nodes) if ((await status(node.name)) === 200) return node.name;
    return undefined;
  };
  return {
    get,
    unseal,
    status,
    active,
    addressOf: (node: string) => cluster.nodes.find((each) => each.name === node)?.address,

    async awaitActive(): Promise<string> {
      let found: string | undefined;
      await cluster.until('a node is active', 60, async () => (found = await active()) !== undefined);
      return found ?? '';
    },
    async awaitStatus(node: string, wanted: number, seconds = 60) {
      await cluster.until(`${node} answers ${wanted}`, seconds, async () => (await status(node)) === wanted);
    },
    async unsealWhole(node: string, shares: string[]) {
      for (const share of shares.slice(0, 3)) await unseal(node, share);
      await cluster.until(`${node} is unsealed`, 60, async () => {
        return json(await get(node, 'sys/seal-status')).sealed === false;
      });
    },
    async autopilot(node: string, root: string) {
      const reply = await get(node, 'sys/storage/raft/autopilot/state', root);
      return json(reply).data as {
        healthy: boolean;
        failure_tolerance: number;
        voters: string[];
        servers: Json;
      };
    },
    /** Seconds since the epoch. */
    async processStart(node: string): Promise<number> {
      const text = String((await get(node, 'sys/metrics?format=prometheus')).body);
      return Number(/^process_start_time_seconds (\S+)$/m.exec(text)?.[1]);
    },
  };
}

/** What the tests of one contract hand on to each other. */
export interface Story {
  cluster: ClusterUnderTest;
  operator: Operator;
  /** hex; from init. */
  shares: string[];
  root: string;
  first: string;
  second: string;
  third: string;
  begin(cluster: ClusterUnderTest): void;
}

export function newStory(): Story {
  let cluster: ClusterUnderTest | undefined;
  const begun = () => {
    if (!cluster) throw new Error('the cluster did not start');
    return cluster;
  };
  const name = (index: number) => begun().nodes[index]?.name ?? '';
  let operator: Operator | undefined;
  return {
    get cluster() {
      return begun();
    },
    get operator() {
      operator ??= operatorOf(begun());
      return operator;
    },
    shares: [],
    root: '',
    get first() {
      return name(0);
    },
    get second() {
      return name(1);
    },
    get third() {
      return name(2);
    },
    begin(opened) {
      cluster = opened;
    },
  };
}
