/** A command against an app that answers as a test says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ApiApp, apiSettings } from '../../cli/api/origin.ts';
import { run } from '../../cli/run.ts';
import { terminalUnderTest } from './terminal-under-test.ts';

export interface Answer {
  status?: number;
  json: unknown;
}

export interface Given {
  /** By method and path; anything else, and whatever comes without the token, is a 404. */
  answers?: Record<string, Answer>;
  /** What somebody at the terminal types; undefined: nobody sits there. */
  typed?: string;
}

/** Nothing listens where recover would be. */
export async function against(
  app: Exclude<ApiApp, 'recover'>,
  { answers = {}, typed }: Given,
  ...command: string[]
) {
  const asked: string[] = [];
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const call = `${request.method} ${request.url}`;
      asked.push(call);
      if (body !== '') bodies.push(JSON.parse(body));
      const isPerson = request.headers.authorization === 'Bearer a.b.c';
      const { status = 200, json } = (isPerson ? answers[call] : undefined) ?? { status: 404, json: {} };
      response.writeHead(status).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { terminal, out, err } = terminalUnderTest();
  if (typed !== undefined) Object.assign(terminal, { interactive: true, ask: async () => typed });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { [apiSettings[app]]: origin, SEALWATCH_API: 'http://127.0.0.1:1', SEALWATCH_TOKEN: 'a.b.c' };
  try {
    const code = await run(command, { env, world: {}, terminal });
    return { code, out, err, asked, bodies };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
