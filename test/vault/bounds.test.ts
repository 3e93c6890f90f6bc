import { MockAgent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { healthyBody } from '../fakes/hostile/behaviours.ts';
import { clientOf } from './clients.ts';

const address = 'https://vault.test:8200';
const long = 'n'.repeat(301);
const agents: MockAgent[] = [];

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
});

/** A client whose every request of `path` is answered with `body`. */
function answering(path: string, body: unknown) {
  const agent = new MockAgent();
  agents.push(agent);
  agent.disableNetConnect();
  agent
    .get(address)
    .intercept({ path: `/v1/sys/${path}` })
    .reply(200, JSON.stringify(body));
  return clientOf(address, { dispatcher: () => agent });
}

const server = (id: string) => ({ id, last_contact: '1s', last_index: 5, healthy: true });
const autopilot = (servers: Record<string, unknown>, more: object = {}) => ({
  data: { healthy: true, failure_tolerance: 1, servers, ...more },
});
const peer = (node_id: string) => ({ node_id, address: 'vault-0:8201', leader: false, voter: true });
const raft = (servers: unknown[]) => ({ data: { config: { servers, index: 1 } } });
const many = (count: number) => Array.from({ length: count }, (_, i) => `vault-${i}`);
const seal = { type: 'shamir', initialized: true, sealed: true, t: 3, n: 5, progress: 0 };

const state = 'storage/raft/autopilot/state';
const configuration = 'storage/raft/configuration';

describe('what a server says is bounded', () => {
  it.each(['version', 'cluster_id'])('in %s', async (field) => {
    const answer = await answering('health', { ...healthyBody, [field]: long }).health();
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'not-vault', field: `${field}: more than 300 characters` },
    });
  });

  it.each(['type', 'nonce', 'version', 'storage_type'])('in %s of the seal status', async (field) => {
    const answer = await answering('seal-status', { ...seal, [field]: long }).sealStatus();
    expect(answer).toMatchObject({ error: { field: `${field}: more than 300 characters` } });
  });

  it("in a leader's address", async () => {
    const answer = await answering('leader', { ha_enabled: true, leader_address: long }).leader();
    expect(answer).toMatchObject({ error: { field: 'leader_address: more than 300 characters' } });
  });

  it.each([
    ['a name', autopilot({ [long]: server('vault-0') }), 'data.servers.*: invalid key'],
    ['an id', autopilot({ a: server(long) }), 'data.servers.a.id: more than 300 characters'],
    [
      'a last contact',
      autopilot({ a: { ...server('a'), last_contact: long } }),
      'data.servers.a.last_contact: more than 300 characters',
    ],
    [
      'how many servers there are',
      autopilot(Object.fromEntries(many(201).map((id) => [id, server(id)]))),
      'data.servers: more than 200 entries',
    ],
    ['voters', autopilot({}, { voters: many(201) }), 'data.voters: more than 200 entries'],
    ['a voter', autopilot({}, { voters: [long] }), 'data.voters.0: more than 300 characters'],
  ])("in autopilot's state: %s", async (_what, body, field) => {
    const answer = await answering(state, body).autopilotState('hvs.token');
    expect(answer).toMatchObject({ ok: false, error: { code: 'not-vault', field } });
  });

  it.each([
    ['an id', raft([peer(long)]), 'data.config.servers.0.node_id: more than 300 characters'],
    ['how many peers there are', raft(many(201).map(peer)), 'data.config.servers: more than 200 entries'],
  ])('in the raft configuration: %s', async (_what, body, field) => {
    const answer = await answering(configuration, body).raftConfiguration('hvs.token');
    expect(answer).toMatchObject({ ok: false, error: { code: 'not-vault', field } });
  });
});

describe('what is within the bounds passes', () => {
  it('an address as long as DNS lets it be', async () => {
    const leader = `https://${'a.'.repeat(126)}a:65535`;
    const answer = await answering('leader', { ha_enabled: true, leader_address: leader }).leader();
    expect(answer).toMatchObject({ ok: true, body: { leader_address: leader } });
  });

  it('two hundred servers', async () => {
    const servers = Object.fromEntries(many(200).map((id) => [id, server(id)]));
    const body = autopilot(servers, { voters: many(200) });
    expect(await answering(state, body).autopilotState('hvs.token')).toMatchObject({ ok: true });
    const peers = raft(many(200).map(peer));
    expect(await answering(configuration, peers).raftConfiguration('hvs.token')).toMatchObject({ ok: true });
  });
});
