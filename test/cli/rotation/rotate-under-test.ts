/** `sealwatch rotation` against a rotate app that answers as a test says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { run } from '../../../cli/run.ts';
import { terminalUnderTest } from '../terminal-under-test.ts';

interface Answer {
  status?: number;
  json: unknown;
}

const closing: (() => void)[] = [];
export function closeApps(): void {
  for (const close of closing.splice(0)) close();
}

interface Given {
  answers?: Record<string, Answer>;
  /** What somebody at the terminal types; undefined: nobody sits there. */
  typed?: string;
}

/** The command against a rotate app that answers these, by method and path; anything else is a 404. */
export async function rotation({ answers = {}, typed }: Given, ...args: string[]) {
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
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { terminal, out, err } = terminalUnderTest();
  if (typed !== undefined) Object.assign(terminal, { interactive: true, ask: async () => typed });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { SEALWATCH_ROTATE_API: origin, SEALWATCH_API: 'http://127.0.0.1:1', SEALWATCH_TOKEN: 'a.b.c' };
  const code = await run(['rotation', ...args], { env, world: {}, terminal });
  return { code, out, err, asked, bodies };
}
