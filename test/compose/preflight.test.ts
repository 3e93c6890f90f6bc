/** What is wrong with a channel is said at the start, by name and without a value. */
import { describe, expect, it } from 'vitest';
import { channelProblems } from '../../shared/compose/preflight.ts';
import { parseFleet } from '../../shared/fleet/parse.ts';

const limits = {
  envPrefix: 'SEALWATCH_SECRET_',
  keyVaults: [],
  escrowVaults: [],
  endpointHosts: ['events.example.com'],
};
const settings = {
  SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
  SEALWATCH_ENDPOINT_HOSTS: 'events.example.com',
};
const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

function problemsOf(channels: object, env: Record<string, string> = {}): Promise<string[]> {
  const clusters = { payments: { nodes: ['https://vault.example.com:8200'] } };
  const parsed = parseFleet(JSON.stringify({ version: 1, channels, clusters }), limits);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return channelProblems(parsed.fleet, { ...settings, ...env });
}

const chat = { kind: 'slack', url: 'env:SEALWATCH_SECRET_CHAT' };
const hook = {
  kind: 'webhook',
  url: 'https://events.example.com/vault',
  signingKeys: ['env:SEALWATCH_SECRET_KEY'],
};

describe('at the start, a channel', () => {
  it('that can take messages is no problem', async () => {
    const env = {
      SEALWATCH_SECRET_CHAT: 'https://hooks.slack.com/services/T/B/hunter22',
      SEALWATCH_SECRET_KEY: key,
    };
    expect(await problemsOf({ chat, hook }, env)).toEqual([]);
  });

  it('whose secret is not there is named', async () => {
    const [url, signing] = await problemsOf({ chat, hook });
    expect(url).toMatch(/^channels\.chat\.url: env:SEALWATCH_SECRET_CHAT: the variable is not set/);
    expect(signing).toMatch(/^channels\.hook\.signingKeys\[0\]: env:SEALWATCH_SECRET_KEY: /);
  });

  it('that leads to a host which may not be called is refused, and its URL not repeated', async () => {
    const found = await problemsOf({ chat }, { SEALWATCH_SECRET_CHAT: 'https://evil.example.com/hunter22' });
    expect(found).toEqual([
      'channels.chat.url: host evil.example.com is not allowed: add it to the setting SEALWATCH_ENDPOINT_HOSTS',
    ]);
  });

  it('with a signing key that is none is refused, and the key not repeated', async () => {
    const found = await problemsOf({ hook }, { SEALWATCH_SECRET_KEY: 'hunter22' });
    expect(found).toEqual([
      'channels.hook.signingKeys[0]: must be "whsec_" and the base64 of 24 bytes or more',
    ]);
  });
});
