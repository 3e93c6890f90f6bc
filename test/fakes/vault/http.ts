/** A simulation behind real sockets: one HTTP or HTTPS server a node. Hundreds fit into one process. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { freePorts } from '../../servers/free-ports.ts';
import type { Simulation } from './simulation.ts';

export interface ServedSimulation {
  /** In the order of the nodes. */
  addresses: string[];
  /** Resolves when the listeners match the nodes: a killed node refuses connections from then on. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** PEM, for every node. Undefined: plain HTTP. */
  tls?: { certPem: string; keyPem: string };
}

/** Largest request body taken, bytes; Vault's own limit is far above what a share or a login needs. */
const bodyLimit = 1_000_000;

export async function serveSimulation(
  simulation: Simulation,
  options: ServeOptions = {},
): Promise<ServedSimulation> {
  const names = simulation.state.nodes.map((node) => node.name);
  const ports = await freePorts(names.length);
  const servers = new Map<string, Server>();
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  const answer = (node: string) => (incoming: IncomingMessage, outgoing: ServerResponse) => {
    readBody(incoming)
      .then((text) => {
        const token = incoming.headers['x-vault-token'];
        const reply = simulation.request(node, {
          method: incoming.method ?? 'GET',
          path: (incoming.url ?? '/').replace(/^\/v1\//, ''),
          ...(typeof token === 'string' ? { token } : {}),
          ...parsed(text),
        });
        if (reply.kind === 'hang') return;
        if (reply.kind !== 'answer') {
          incoming.socket.destroy();
          return;
        }
        const send = () => outgoing.writeHead(reply.status, reply.headers).end(reply.body);
        if (reply.delayMs === 0) {
          send();
          return;
        }
        const timer = setTimeout(() => {
          timers.delete(timer);
          send();
        }, reply.delayMs);
        timers.add(timer);
      })
      .catch(() => incoming.socket.destroy());
  };

  // A new server for each start: TLS sessions and connections survive a seal, and do not survive a restart.
  const open = async (node: string, port: number) => {
    const { tls } = options;
    const server = tls
      ? createTlsServer({ cert: tls.certPem, key: tls.keyPem }, answer(node))
      : createServer(answer(node));
    server.keepAliveTimeout = 120_000;
    servers.set(node, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  };
  const shut = async (node: string) => {
    const server = servers.get(node);
    servers.delete(node);
    if (!server) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  };

  // One change at a time, in order: a kill and a start that follow at once must not overlap.
  let work = Promise.resolve();
  const startedAt = new Map<string, number>();
  const match = async () => {
    for (const [index, node] of simulation.state.nodes.entries()) {
      const restarted = startedAt.get(node.name) !== node.startedAt;
      if (servers.has(node.name) && (!node.running || restarted || closed)) await shut(node.name);
      if (node.running && !closed && !servers.has(node.name)) await open(node.name, ports[index] ?? 0);
      startedAt.set(node.name, node.startedAt);
    }
  };
  const settle = () => {
    work = work.then(match);
    return work;
  };

  const scheme = options.tls ? 'https' : 'http';
  const addresses = ports.map((port) => `${scheme}://127.0.0.1:${port}`);
  simulation.apply({ kind: 'addresses', addresses });
  await settle();
  simulation.onChange(() => {
    // A failure to listen again shows in settled() and close(), which wait for the same work.
    settle().catch(() => undefined);
  });
  return {
    addresses,
    settled: () => work,
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await settle();
    },
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > bodyLimit) throw new Error('request too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): { body?: unknown } {
  if (text === '') return {};
  try {
    return { body: JSON.parse(text) };
  } catch {
    return {};
  }
}
