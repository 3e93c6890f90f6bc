/** What Microsoft's own services answer is read up to a limit, and no byte further. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createArmHttp } from '../../shared/compose/arm.ts';
import { createGraphHttp } from '../../shared/compose/graph.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority } from '../fakes/pki.ts';

const token = async () => ({ token: 'a token', expiresOnTimestamp: Date.now() + 3_600_000 });
let service: Endpoint;
let ca: string;

/** Answers as many bytes as its path says. */
beforeAll(async () => {
  const authority = await createAuthority('answers CA');
  ca = authority.certPem;
  service = await startEndpoint({
    certificate: await authority.issue({ names: ['management.azure.com', 'graph.microsoft.com'] }),
    behaviour: ({ path }, response) => response.end(Buffer.alloc(Number(path.slice(1)), ' ')),
  });
});
afterAll(() => service.close());

function options() {
  const loopback = [{ address: '127.0.0.1', family: 4 }];
  const replaced: NonNullable<Parameters<typeof createArmHttp>[0]['replaced']> = {
    port: service.port,
    ca,
    lookup: (_name, { all }, found) => (all ? found(null, loopback) : found(null, '127.0.0.1', 4)),
  };
  return { credential: async () => ({ getToken: token }), replaced };
}

it.each([
  ['Resource Manager', 4_194_304, (path: string) => createArmHttp(options())(path)],
  ['Graph', 1_048_576, (path: string) => createGraphHttp(options())({ method: 'GET', path })],
])('%s may answer %d bytes, and one more is too large', async (_, most, ask) => {
  const whole = await ask(`/${most}`);
  expect([whole.answered, whole.answered && whole.body.byteLength]).toEqual([true, most]);
  expect(await ask(`/${most + 1}`)).toEqual({ answered: false, why: 'too-large' });
});
