import * as fc from 'fast-check';
import { MockAgent } from 'undici';
import { describe, expect, it } from 'vitest';
import { healthyBody } from '../fakes/hostile/behaviours.ts';
import { clientOf } from './clients.ts';

const address = 'https://vault.test:8200';

/** Any JSON value; or a healthy body with any of its fields put wrong. */
const bodies = fc.oneof(
  fc.json(),
  fc
    .tuple(fc.constantFrom(...Object.keys(healthyBody)), fc.jsonValue())
    .map(([field, value]) => JSON.stringify({ ...healthyBody, [field]: value })),
);

describe('any JSON value as a body', () => {
  it('of sys/health is an answer or not of Vault', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const client = clientOf(address, { dispatcher: () => agent });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        agent.get(address).intercept({ path: '/v1/sys/health' }).reply(200, body);
        const answer = await client.health();
        seen.add(answer.ok ? 'ok' : answer.error.code);
        expect(answer.ok || (answer.error.code === 'not-vault' && answer.error.field !== '')).toBe(true);
      }),
      { numRuns: 300, seed: 20_261_122 },
    );
    expect([...seen].sort()).toEqual(['not-vault', 'ok']);
    await agent.close();
  });

  it('with any status under which a path answers is one of the closed codes', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const client = clientOf(address, { dispatcher: () => agent });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: 599 }), fc.json(), async (status, body) => {
        agent.get(address).intercept({ path: '/v1/sys/storage/raft/autopilot/state' }).reply(status, body);
        const answer = await client.autopilotState('hvs.token');
        expect(answer.ok ? 'ok' : answer.error.code).toMatch(/^(ok|not-vault|http|not-json)$/);
      }),
      { numRuns: 100, seed: 20_261_122 },
    );
    await agent.close();
  });
});
