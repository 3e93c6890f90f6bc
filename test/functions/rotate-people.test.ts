/** A deployment that names no issuer: nobody has access, and that is said. A process of its own. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Host, startHost } from '../../host/start.ts';
import { createLog } from '../../shared/log/log.ts';

let host: Host;
beforeAll(async () => {
  process.env['SEALWATCH_STORAGE'] = 'UseDevelopmentStorage=true';
  host = await startHost({
    load: async () => {
      await import('../../functions/rotate/read-readiness.ts');
      await import('../../functions/rotate/exercise.ts');
      await import('../../functions/rotate/approve-rotation.ts');
    },
    settings: {},
    port: 0,
    log: createLog({ write: () => undefined, clock: { now: () => 0 } }),
  });
}, 30_000);
afterAll(() => host.close());

it.each([
  ['GET', 'readiness'],
  ['POST', 'readiness/payments'],
  ['POST', 'rotations/payments.1/approve'],
])('%s %s: 503 and what to set', async (method, path) => {
  const response = await fetch(`${host.url}/api/${path}`, { method, headers: { authorization: 'Bearer x' } });
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({
    error: 'people-not-configured',
    message: expect.stringContaining('SEALWATCH_ENTRA_TENANT') as string,
  });
});
