/** Something between Sealwatch and its storage account that counts what it asks. */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Service, startInFront } from '../../servers/in-front.ts';

export interface Counted {
  /** Requests, by `SERVICE METHOD NAME`; a transaction of several rows is one, and so is each page of an answer. */
  transactions: Map<string, number>;
  /** Looks into queues that held nothing: the host waits in this way, not Sealwatch. */
  idlePolls: number;
}

export interface CountingProxy {
  /** Of the same account, by way of this proxy. */
  connectionString: string;
  counted(): Counted;
  close(): Promise<void>;
}

export async function startCountingProxy(connectionString: string): Promise<CountingProxy> {
  const transactions = new Map<string, number>();
  let idlePolls = 0;

  function count(service: Service, request: IncomingMessage, target: URL, hasMessages: boolean): void {
    const { pathname } = new URL(request.url ?? '', target);
    const [name = ''] = pathname.slice(target.pathname.length).split('/').filter(Boolean);
    if (isPoll(service, request) && !hasMessages) {
      idlePolls += 1;
      return;
    }
    const label = `${service} ${request.method} ${name.replace(/\(.*$/, '')}`;
    transactions.set(label, (transactions.get(label) ?? 0) + 1);
  }

  async function pass(service: Service, target: URL, request: IncomingMessage, response: ServerResponse) {
    const { method, url, headers } = request;
    const passed = send({ hostname: target.hostname, port: target.port, method, path: url, headers });
    request.pipe(passed);
    const [answer] = (await once(passed, 'response')) as [IncomingMessage];
    const body = await buffer(answer);
    count(service, request, target, body.includes('<MessageId>'));
    response.writeHead(answer.statusCode ?? 502, answer.headers).end(body);
  }

  return {
    ...(await startInFront(connectionString, pass)),
    counted: () => ({ transactions: new Map(transactions), idlePolls }),
  };
}

/** What was asked between two counts. */
export function since(before: Counted, after: Counted): Counted {
  const transactions = new Map(
    [...after.transactions]
      .map(([label, count]) => [label, count - (before.transactions.get(label) ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
  return { transactions, idlePolls: after.idlePolls - before.idlePolls };
}

/** All of them together. */
export function total({ transactions }: Counted): number {
  return [...transactions.values()].reduce((sum, count) => sum + count, 0);
}

function isPoll(service: Service, { method, url = '' }: IncomingMessage): boolean {
  return service === 'queue' && method === 'GET' && /\/messages(\?(?!.*peekonly=true)|$)/.test(url);
}
