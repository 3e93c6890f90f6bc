import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { connectApi } from '../../cli/api/client.ts';
import { createAuthority } from '../fakes/pki.ts';
import { terminalUnderTest } from './terminal-under-test.ts';

let close: () => Promise<void>;
let origin: string;
let asked = 0;
beforeEach(async () => {
  asked = 0;
  const { certPem: cert, keyPem: key } = await (await createAuthority('Unknown CA')).issue({
    names: ['127.0.0.1'],
  });
  const server = createServer({ cert, key }, (_, response) => {
    asked += 1;
    response.end('{}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => new Promise((done) => server.close(() => done()));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await close();
});

it("a person's token goes to no server that nobody vouches for, whatever the environment says of TLS", async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const api = await connectApi({
    env: { SEALWATCH_API: origin, SEALWATCH_TOKEN: 'a.b.c' },
    world: {},
    terminal: terminalUnderTest().terminal,
  });
  await expect(api.call('GET', 'recoveries/payments.1', z.unknown())).rejects.toThrow('does not answer');
  expect(asked).toBe(0);
});
