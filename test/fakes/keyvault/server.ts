/**
 * A FAKE of Azure Key Vault, and says so in every answer: keys and secrets, as much of the REST interface as the real
 * SDKs use here. Several vaults behind one port, by the name that the client asks for. Over verified TLS, at
 * production's names, with the anonymous first call and its challenge: the SDK keeps its production settings.
 */
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { disguises } from '../hostile/disguises.ts';
import { type Endpoint, startEndpoint } from '../hostile/endpoint.ts';
import { createAuthority, type TestAuthority } from '../pki.ts';
import { FakeVault } from './vault.ts';

export interface FakeKeyVaults {
  port: number;
  authority: TestAuthority;
  /** Resolves every name to 127.0.0.1 and trusts the fake's CA, and nobody else. */
  agent: Agent;
  /** The same for production's addresses, which name no port. */
  agentOfAnyPort: Agent;
  /** Gives the one token that the fake takes. */
  credential: { getToken(): Promise<{ token: string; expiresOnTimestamp: number }> };
  token: string;
  /** Every request, as it came. */
  received: Endpoint['received'];
  vault(name: string): FakeVault;
  /** https://NAME.vault.azure.net:PORT */
  origin(name: string): string;
  close(): Promise<void>;
}

/** The tenant that the challenge names. */
export const challengedTenant = '00000000-0000-0000-0000-000000000001';
const challenge = `Bearer authorization="https://login.microsoftonline.com/${challengedTenant}", resource="https://vault.azure.net"`;
const says = {
  'content-type': 'application/json',
  server: 'fake-key-vault',
  'x-fake': 'not Azure Key Vault',
};

export async function startKeyVaults(names: string[]): Promise<FakeKeyVaults> {
  const authority = await createAuthority('fake Key Vault CA');
  const certificate = await authority.issue({ names: names.map((name) => `${name}.vault.azure.net`) });
  const token = randomBytes(24).toString('base64url');
  const vaults = new Map<string, FakeVault>();
  const endpoint: Endpoint = await startEndpoint({
    certificate,
    behaviour({ method, path, headers, body }, response, reset) {
      const vault = vaults.get(String(headers.host).split('.')[0] ?? '');
      if (!vault) {
        response.writeHead(404, says).end('{}');
      } else if (headers.authorization !== `Bearer ${token}`) {
        if (headers.authorization === undefined) vault.challenges += 1;
        response
          .writeHead(401, { ...says, 'www-authenticate': challenge })
          .end('{"error": {"code": "Unauthorized"}}');
      } else {
        void vault.answer(method, path.split('?')[0] ?? '', body).then((reply) => {
          if (reply === 'reset') reset();
          else if (reply === 'echo')
            response.writeHead(200, says).end(JSON.stringify({ echo: disguises(`${token} ${body}`), token }));
          else if (reply !== 'hang') {
            response.writeHead(reply.status, { ...says, ...reply.headers }).end(JSON.stringify(reply.body));
          }
        });
      }
    },
  });
  const origin = (name: string) => `https://${name}.vault.azure.net:${endpoint.port}`;
  for (const name of names) vaults.set(name, new FakeVault(name, origin(name)));
  const agent = new Agent({ ca: authority.certPem, lookup: toLoopback, keepAlive: false });
  const agentOfAnyPort = new AgentToPort(endpoint.port, authority.certPem);
  return {
    port: endpoint.port,
    authority,
    agent,
    agentOfAnyPort,
    credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
    token,
    received: endpoint.received,
    vault(name) {
      const found = vaults.get(name);
      if (!found) throw new Error(`no fake vault ${name}: start it with that name`);
      return found;
    },
    origin,
    async close() {
      agent.destroy();
      agentOfAnyPort.destroy();
      await endpoint.close();
    },
  };
}

class AgentToPort extends Agent {
  readonly #port: number;

  constructor(port: number, ca: string) {
    super({ ca, keepAlive: false });
    this.#port = port;
  }

  override createConnection(...[options, ...rest]: Parameters<Agent['createConnection']>) {
    return super.createConnection({ ...options, host: '127.0.0.1', port: this.#port }, ...rest);
  }
}

const toLoopback: LookupFunction = (_name, options, found) => {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
};
