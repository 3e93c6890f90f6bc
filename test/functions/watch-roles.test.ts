/** The watch app's route for people, over HTTP: who may look, and what the platform's key is worth there. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Role } from '../../shared/people/person.ts';
import { type RecoverHost, startHostOf } from './recover-host.ts';

let host: RecoverHost;
beforeAll(async () => {
  host = await startHostOf('watch', ['read-status']);
}, 30_000);
afterAll(() => host.close());

async function ask(path: string, authorization?: string) {
  const headers = { 'x-functions-key': 'a-key', ...(authorization && { authorization }) };
  const response = await fetch(`${host.url}/${path}`, { headers });
  return { status: response.status, body: (await response.json()) as object };
}
const as = (role: Role) => `Bearer ${host.tokens.get(role)}`;

it('wants a token, whatever key comes with it', async () => {
  expect(await ask('status/clusters')).toMatchObject({ status: 401, body: { error: 'token-missing' } });
  expect((await ask('status/clusters', 'Bearer e30.e30.e30')).status).toBe(401);
});

it.each<[Role]>([['Sealwatch.Read'], ['Sealwatch.Operate'], ['Sealwatch.Approve']])(
  'is open to %s, who is told that nothing can be read',
  async (role) => {
    expect(await ask('status/clusters', as(role))).toMatchObject({
      status: 503,
      body: { error: 'unavailable' },
    });
  },
);

it('takes a name of a cluster and nothing else', async () => {
  const path = `status/clusters?cluster=${encodeURIComponent('PAY/MENTS')}`;
  expect(await ask(path, as('Sealwatch.Read'))).toEqual({
    status: 400,
    body: { error: 'invalid', message: 'cluster: that is no name of a cluster' },
  });
});
