/** Hosts of one test file, closed after each test, with what they logged. */
import { createConnection } from 'node:net';
import { afterEach } from 'vitest';
import { type Host, type HostOptions, startHost } from '../../host/start.ts';
import { createLog } from '../../shared/log/log.ts';

export const functionKey = 'the-right-function-key';
export const records: Record<string, unknown>[] = [];
const log = createLog({ write: (line) => records.push(JSON.parse(line)), clock: { now: () => 0 } });
const hosts: Host[] = [];

export async function start(register: () => void, over: Partial<HostOptions> = {}): Promise<Host> {
  const host = await startHost({
    load: async () => register(),
    settings: { NEVER: '0 0 0 1 1 *', EVERY_SECOND: '* * * * * *' },
    port: 0,
    functionKey,
    log,
    ...over,
  });
  hosts.push(host);
  return host;
}

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
  records.length = 0;
});

/** What the host answers to a request as it stands, until it closes the connection. */
export async function answerTo(url: string, request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1', () => socket.write(request));
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('end', () => resolve(text));
  socket.on('error', reject);
  return promise;
}
