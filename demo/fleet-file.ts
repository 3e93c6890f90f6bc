/** The fleet.yaml of the demo, and the files that it refers to. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WatchedNode } from './fleet-under-test.ts';

export interface FleetFileInput {
  cluster: string;
  nodes: WatchedNode[];
  ca: string;
  login: { roleId: string; secretId: string };
  slackUrl: string;
  webhookUrl: string;
  /** whsec_… */
  signingKey: string;
}

/** Writes everything into `folder` and returns the path of fleet.yaml. Secrets are files that only their owner reads. */
export function writeFleet(folder: string, input: FleetFileInput): string {
  const secrets = join(folder, 'secrets');
  mkdirSync(secrets, { mode: 0o700 });
  const keep = (name: string, text: string): string => {
    const path = join(secrets, name);
    writeFileSync(path, text, { mode: 0o600 });
    return `file:${path}`;
  };
  const path = join(folder, 'fleet.yaml');
  writeFileSync(
    path,
    fleetYaml({
      cluster: input.cluster,
      nodes: input.nodes,
      ca: keep('ca.crt', input.ca),
      roleId: input.login.roleId,
      secretId: keep('approle-secret-id', input.login.secretId),
      slackUrl: keep('slack-url', input.slackUrl),
      webhookUrl: input.webhookUrl,
      signingKey: keep('webhook-signing-key', input.signingKey),
    }),
  );
  return path;
}

/** Every text is quoted as JSON, which YAML reads as it is: a temporary folder may be called anything. */
function fleetYaml(values: {
  cluster: string;
  nodes: WatchedNode[];
  ca: string;
  roleId: string;
  secretId: string;
  slackUrl: string;
  webhookUrl: string;
  signingKey: string;
}): string {
  const quoted = (text: string): string => JSON.stringify(text);
  return `# Made by npm run demo; fleet.example.yaml shows every field.
version: 1
alerts:
  pending:
    warning: 0s # tell at once; the default waits 30s
channels:
  slack:
    kind: slack
    url: ${quoted(values.slackUrl)}
    fallback: webhook
  webhook:
    kind: webhook
    url: ${quoted(values.webhookUrl)}
    signingKeys:
      - ${quoted(values.signingKey)}
clusters:
  ${values.cluster}:
    nodes:
${values.nodes
  .map(
    ({ name, nodeId, address }) => `      - name: ${quoted(name)}
        nodeId: ${quoted(nodeId)}
        address: ${quoted(address)}`,
  )
  .join('\n')}
    tls:
      ca: ${quoted(values.ca)}
    login:
      method: approle
      roleId: ${quoted(values.roleId)}
      secretId: ${quoted(values.secretId)}
    expect:
      voters: ${values.nodes.length}
      storage: raft
    seal:
      type: shamir
`;
}
