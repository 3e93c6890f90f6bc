/** What a request of a recovery over HTTP is refused for, before anything is stored. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RecoverHost, startRecoverHost } from './recover-host.ts';

const fleet = `
version: 1
clusters:
  payments:
    nodes:
      - {name: vault-0, address: "https://vault-0.example.com:8200"}
      - {name: vault-1, address: "https://vault-1.example.com:8200"}
`;

let host: RecoverHost;
beforeAll(async () => {
  host = await startRecoverHost(['request'], fleet);
}, 30_000);
afterAll(() => host.close());

it.each<[string, object, string]>([
  [
    'nodes that the cluster does not have',
    { reason: 'two disks burnt', lost: ['vault-7', 'vault-1', 'vault-8'] },
    'lost: payments has no node vault-7, vault-8; it has vault-0, vault-1',
  ],
  ['no reason', { reason: ' ' }, 'reason: say why, in 1 to 500 characters'],
  ['a field that nobody knows', { reason: 'patched', force: true }, 'force'],
])('%s: 400, and what is wrong', async (_what, body, message) => {
  const response = await fetch(`${host.url}/clusters/payments/recoveries`, {
    method: 'POST',
    headers: { authorization: `Bearer ${host.tokens.get('Sealwatch.Operate')}` },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    error: 'invalid',
    message: expect.stringContaining(message) as string,
  });
});
