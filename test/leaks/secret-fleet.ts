/**
 * A fleet that uses every kind of secret at once, composed as the app composes it, over real sockets: Vaults that
 * give back what they are sent, channels that take nothing. Records all that leaves.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessPool } from '../../shared/compose/access.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { tokenSourceFor } from '../../shared/compose/logins.ts';
import { composeWatch } from '../../shared/compose.ts';
import type { WatchDeps } from '../../shared/work/deps.ts';
import { type ChatReceiver, startChatReceiver } from '../fakes/chat/receiver.ts';
import { answer, echo, healthy } from '../fakes/hostile/behaviours.ts';
import { type Behaviour, type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority } from '../fakes/pki.ts';
import { memoryState } from '../fakes/state/memory.ts';

const random = () => randomBytes(24).toString('base64url');

/** What must never be seen again, by name. */
export interface Secrets {
  chatHook: string;
  signingKey: string;
  heartbeat: string;
  roleId: string;
  secretId: string;
  assertion: string;
  givenToken: string;
  issuedToken: string;
  clientKey: string;
  storageKey: string;
}

export interface SecretFleet {
  secrets: Secrets;
  deps: WatchDeps;
  receiver: ChatReceiver;
  /** By cluster. */
  vaults: Map<string, Endpoint>;
  state: ReturnType<typeof memoryState>;
  lines: string[];
  close(): Promise<void>;
}

/** Active and healthy; logins give `token`; everything else is `behaviour`'s. */
export function vaultThat(behaviour: Behaviour, token: string): Behaviour {
  const login = answer(200, { auth: { client_token: token, lease_duration: 3600, renewable: true } });
  return (request, ...rest) => {
    if (request.path.startsWith('/v1/sys/health')) healthy(request, ...rest);
    else if (request.path.endsWith('/login')) login(request, ...rest);
    else behaviour(request, ...rest);
  };
}

export async function secretFleet(): Promise<SecretFleet> {
  const folder = await mkdtemp(join(tmpdir(), 'sealwatch-leaks-'));
  const authority = await createAuthority('leaks CA');
  const server = await authority.issue({ names: ['127.0.0.1'] });
  const client = await authority.issue({ names: ['sealwatch'], clientAuth: true });
  const receiver = await startChatReceiver();
  const secrets: Secrets = {
    chatHook: receiver.secret,
    signingKey: randomBytes(32).toString('base64'),
    heartbeat: random(),
    roleId: randomUUID(),
    secretId: randomUUID(),
    assertion: `eyJhbGciOiJSUzI1NiJ9.${random()}.${random()}`,
    givenToken: `hvs.${random()}`,
    issuedToken: `hvs.${random()}`,
    clientKey: client.keyPem.split('\n')[1] ?? '',
    storageKey: randomBytes(64).toString('base64'),
  };
  const vaults = new Map<string, Endpoint>();
  for (const name of ['approle', 'given', 'jwt', 'mutual']) {
    const tls = { ca: authority.certPem, requestCert: true, rejectUnauthorized: true };
    const behaviour = vaultThat(echo(403), secrets.issuedToken);
    vaults.set(
      name,
      await startEndpoint({ behaviour, ...(name === 'mutual' && { certificate: server, tls }) }),
    );
  }
  await writeFile(join(folder, 'ca.pem'), authority.certPem);
  await writeFile(join(folder, 'client.pem'), client.certPem);
  await writeFile(join(folder, 'client-key.pem'), client.keyPem);
  await writeFile(join(folder, 'fleet.yaml'), fleetFile(folder, vaults));
  const state = memoryState();
  const lines: string[] = [];
  const env = {
    SEALWATCH_FLEET: join(folder, 'fleet.yaml'),
    SEALWATCH_FILE_ROOT: folder,
    SEALWATCH_STORAGE: `AccountName=leaks;AccountKey=${secrets.storageKey};EndpointSuffix=core.windows.net`,
    SEALWATCH_ENDPOINT_HOSTS: new URL(receiver.url('slack')).host,
    SEALWATCH_LOGIN_AUDIENCES: 'api://leaks',
    SEALWATCH_SECRET_SLACK: receiver.url('slack'),
    SEALWATCH_SECRET_TEAMS: receiver.url('teams'),
    SEALWATCH_SECRET_PAGER: receiver.url('webhook'),
    SEALWATCH_SECRET_SIGNING_KEY: `whsec_${secrets.signingKey}`,
    SEALWATCH_SECRET_HEARTBEAT: `${new URL(receiver.url('slack')).origin}/beat/${secrets.heartbeat}`,
    SEALWATCH_SECRET_ROLE_ID: secrets.roleId,
    SEALWATCH_SECRET_SECRET_ID: secrets.secretId,
    SEALWATCH_SECRET_TOKEN: secrets.givenToken,
  };
  const composed = composeWatch(env, { state, write: (line) => lines.push(line) });
  const withIdentity = identityPool(secrets.assertion);
  const deps: WatchDeps = {
    ...composed,
    access: (cluster, fleet) =>
      cluster.name === 'jwt' ? withIdentity.access(cluster, fleet) : composed.access(cluster, fleet),
  };
  return {
    secrets,
    deps,
    receiver,
    vaults,
    state,
    lines,
    async close() {
      withIdentity.close();
      await Promise.all([receiver.close(), ...[...vaults.values()].map((vault) => vault.close())]);
      await rm(folder, { recursive: true });
    },
  };
}

/** The app's own Azure identity is not to be had here: its token stands in. */
function identityPool(assertion: string): AccessPool {
  const resolve = async (value: string) => ({ ok: true, value }) as const;
  const credential = async () => ({
    getToken: async () => ({ token: assertion, expiresOnTimestamp: Date.now() + 3_600_000 }),
  });
  return new AccessPool({
    clock: systemClock,
    resolve,
    tokens: (cluster) => tokenSourceFor(cluster, resolve, credential, systemClock),
    keepAliveMs: 10_000,
  });
}

function fleetFile(folder: string, vaults: Map<string, Endpoint>): string {
  const own: Record<string, string[]> = {
    approle: [
      'login: {method: approle, roleId: "env:SEALWATCH_SECRET_ROLE_ID", secretId: "env:SEALWATCH_SECRET_SECRET_ID"}',
    ],
    given: ['login: {method: token, token: "env:SEALWATCH_SECRET_TOKEN"}'],
    jwt: ['login: {method: jwt, role: probe, audience: "api://leaks"}'],
    mutual: [
      'login: {method: approle, roleId: "env:SEALWATCH_SECRET_ROLE_ID", secretId: "env:SEALWATCH_SECRET_SECRET_ID"}',
      'tls:',
      `  ca: file:${folder}/ca.pem`,
      `  clientCertificate: file:${folder}/client.pem`,
      `  clientKey: file:${folder}/client-key.pem`,
    ],
  };
  const clusters = [...vaults].flatMap(([name, { address }]) => [
    `  ${name}:`,
    `    nodes: ["${address}"]`,
    ...(own[name] ?? []).map((line) => `    ${line}`),
  ]);
  return [
    'version: 1',
    'probe: {connectTimeout: 1s, headersTimeout: 1s, totalTimeout: 1s, deadline: 5s, confirmAfter: 0s}',
    'alerts: {pending: {warning: 0s, info: 0s}}',
    'heartbeat: {url: "env:SEALWATCH_SECRET_HEARTBEAT"}',
    'channels:',
    '  slack: {kind: slack, url: "env:SEALWATCH_SECRET_SLACK", fallback: teams}',
    '  teams: {kind: teams, url: "env:SEALWATCH_SECRET_TEAMS"}',
    '  pager: {kind: webhook, url: "env:SEALWATCH_SECRET_PAGER", signingKeys: ["env:SEALWATCH_SECRET_SIGNING_KEY"]}',
    'clusters:',
    ...clusters,
    '',
  ].join('\n');
}
