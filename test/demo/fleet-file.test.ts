import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeFleet } from '../../demo/fleet-file.ts';
import { parseFleet } from '../../shared/fleet/parse.ts';

function write() {
  const base = mkdtempSync(join(tmpdir(), 'sealwatch-fleet-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  // What a temporary folder may well be called.
  const folder = join(base, 'with space # and: "quotes"');
  mkdirSync(folder);
  const path = writeFleet(folder, {
    cluster: 'payments',
    nodes: [1, 2, 3].map((i) => ({
      name: `payments-${i}`,
      nodeId: `raft-${i}`,
      address: `https://127.0.0.1:1000${i}`,
    })),
    ca: '-----BEGIN CERTIFICATE-----\n',
    login: { roleId: 'role-1', secretId: 'secret-id-1' },
    slackUrl: 'http://127.0.0.1:9/services/T000/B000/hook',
    webhookUrl: 'http://127.0.0.1:9/hooks/one',
    signingKey: 'whsec_AAAA',
  });
  return { folder, path, text: readFileSync(path, 'utf8') };
}

it('is what Sealwatch takes: nodes with raft ids, a login, a signed webhook that stands in for Slack', () => {
  const { folder, text } = write();
  const limits = {
    envPrefix: 'SEALWATCH_SECRET_',
    fileRoot: folder,
    keyVaults: [],
    escrowVaults: [],
    endpointHosts: ['127.0.0.1:9'],
  };
  const parsed = parseFleet(text, limits);
  expect(parsed).toMatchObject({
    ok: true,
    fleet: {
      alerts: { pendingMs: { critical: 0, warning: 0 } },
      channels: [
        { name: 'slack', kind: 'slack', fallback: 'webhook' },
        { name: 'webhook', kind: 'webhook', url: 'http://127.0.0.1:9/hooks/one' },
      ],
      clusters: [
        {
          name: 'payments',
          nodes: [{ nodeId: 'raft-1' }, { nodeId: 'raft-2' }, { nodeId: 'raft-3' }],
          login: { method: 'approle', roleId: 'role-1' },
          expect: { voters: 3, storage: 'raft' },
        },
      ],
    },
  });
});

it('keeps secrets out of fleet.yaml, in files that only their owner reads', () => {
  const { folder, text } = write();
  for (const secret of ['secret-id-1', 'T000', 'whsec_']) expect(text).not.toContain(secret);
  const modeOf = (name: string): number => statSync(join(folder, 'secrets', name)).mode & 0o777;
  expect(['approle-secret-id', 'slack-url', 'webhook-signing-key'].map(modeOf)).toEqual([
    0o600, 0o600, 0o600,
  ]);
  expect(readFileSync(join(folder, 'secrets', 'approle-secret-id'), 'utf8')).toBe('secret-id-1');
});
