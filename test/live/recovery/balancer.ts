/** What should not stand in front of Vault: a balancer that sends each request to another node. */
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestAuthority } from '../../fakes/pki.ts';

export interface Balancer {
  /** https://127.0.0.1:PORT */
  address: string;
  close(): Promise<void>;
}

/** Shows a certificate of the same authority as the nodes: for a client it is one of them. */
export async function startBalancer(authority: TestAuthority, nodes: readonly string[]): Promise<Balancer> {
  const { certPem: cert, keyPem: key } = await authority.issue({ names: ['127.0.0.1'] });
  let turn = 0;
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const node = nodes[turn % nodes.length] ?? '';
    turn += 1;
    const forward = request(
      `${node}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers, ca: authority.certPem, agent: false },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
