import { Agent, request } from 'undici';

/** What a node answered; `status` 0 and `failed` (the system's error code) when it did not. */
export interface Reply {
  status: number;
  body: unknown;
  location?: string;
  failed?: string;
}

export interface VaultRequester {
  ask(address: string, method: string, path: string, body?: unknown, token?: string): Promise<Reply>;
  close(): Promise<void>;
}

/** Plain requests to Vault as an operator would send them. A connection each: a killed node leaves no stale one. */
export function vaultRequester(ca?: string): VaultRequester {
  const agent = new Agent({ pipelining: 0, ...(ca === undefined ? {} : { connect: { ca } }) });
  return {
    async ask(address, method, path, body, token) {
      try {
        const answer = await request(`${address}/v1/${path}`, {
          dispatcher: agent,
          method: method as 'GET',
          headersTimeout: 20_000,
          bodyTimeout: 20_000,
          headers: {
            ...(token === undefined ? {} : { 'x-vault-token': token }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          body: body === undefined ? null : JSON.stringify(body),
        });
        const text = await answer.body.text();
        const location = answer.headers.location;
        return {
          status: answer.statusCode,
          body: parse(text),
          ...(typeof location === 'string' ? { location } : {}),
        };
      } catch (error) {
        return { status: 0, body: undefined, failed: (error as NodeJS.ErrnoException).code ?? String(error) };
      }
    },
    async close() {
      await agent.destroy();
    },
  };
}

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
