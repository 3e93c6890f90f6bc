/** Fields that change how the rotate app logs in to a cluster, over the network. */
import { expect } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { createProviderLogins } from '../../../shared/compose/provider-logins.ts';
import { isLinkLocal } from '../../../shared/fleet/network.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { file, fleetOf } from '../../fleet/builders.ts';
import { startProvider } from '../../readiness/provider.ts';
import type { Proof } from './proof.ts';

interface LoggedIn {
  /** What the app's Azure identity was asked for: client id and scope. */
  identity: (string | undefined)[];
  /** What Vault was sent. */
  posted: { path: string; body: Record<string, unknown> }[];
  token: string | undefined;
}

const read = 'login: {method: approle, roleId: to-read, secretId: "env:SEALWATCH_SECRET_READ"}';

/** Beside a login for reading. References are read as their own text. */
async function loggedInBy(rotateLogin: string): Promise<LoggedIn> {
  const authority = await createAuthority('fields CA');
  const vault = await startProvider(await authority.issue({ names: ['127.0.0.1'] }));
  const identity: LoggedIn['identity'] = [];
  try {
    const logins = createProviderLogins(
      async (value) => ({ ok: true, value }),
      async (clientId) => ({
        async getToken(scopes) {
          identity.push(clientId, String(scopes));
          return { token: 'an assertion', expiresOnTimestamp: 0 };
        },
      }),
    );
    const [cluster] = fleetOf(file([read, `rotateLogin: ${rotateLogin}`])).clusters;
    const ownToken =
      cluster &&
      logins.at(cluster, {
        tls: { pins: [], ca: authority.certPem },
        timeouts: { connectMs: 5_000, headersMs: 5_000, totalMs: 5_000 },
        maxResponseBytes: 64 * 1024,
        keepAliveMs: 1_000,
        clock: systemClock,
        isRefusedAddress: isLinkLocal,
      });
    const given = await ownToken?.({ address: vault.address });
    const posted = vault.received.map(({ path, body }) => ({
      path,
      body: JSON.parse(body) as Record<string, unknown>,
    }));
    return { identity, posted, token: given?.ok ? given.value : undefined };
  } finally {
    await vault.close();
  }
}

const approle = (own: string) => `{method: approle, secretId: "env:ROTATE", ${own}}`;
const jwt = (own: string) => `{method: jwt, ${own}}`;

export const rotateLoginFields: Record<string, Proof> = {
  'clusters.*.rotateLogin.method': async () => {
    const byRole = await loggedInBy(approle('roleId: to-rotate'));
    expect(byRole.posted.map(({ path }) => path)).toEqual(['/v1/auth/approle/login']);
    const byIdentity = await loggedInBy(jwt('role: rotate, audience: "api://root"'));
    expect(byIdentity.posted.map(({ path }) => path)).toEqual(['/v1/auth/jwt/login']);
  },
  'clusters.*.rotateLogin.mount': async () => {
    const { posted } = await loggedInBy(approle('roleId: to-rotate, mount: teams/core'));
    expect(posted.map(({ path }) => path)).toEqual(['/v1/auth/teams/core/login']);
  },
  'clusters.*.rotateLogin.role': async () => {
    const { posted } = await loggedInBy(jwt('role: rotate, audience: "api://root"'));
    expect(posted[0]?.body).toMatchObject({ role: 'rotate' });
  },
  'clusters.*.rotateLogin.audience': async () => {
    const { identity } = await loggedInBy(jwt('role: rotate, audience: "api://root"'));
    expect(identity).toEqual([undefined, 'api://root/.default']);
  },
  'clusters.*.rotateLogin.clientId': async () => {
    const id = '6fa4591f-2f4a-4c5c-8f0e-5f1c5c1e7a02';
    const { identity } = await loggedInBy(jwt(`role: rotate, audience: "api://root", clientId: ${id}`));
    expect(identity[0]).toBe(id);
  },
  'clusters.*.rotateLogin.roleId': async () => {
    const { posted } = await loggedInBy(approle('roleId: to-rotate'));
    expect(posted[0]?.body).toMatchObject({ role_id: 'to-rotate' });
  },
  'clusters.*.rotateLogin.secretId': async () => {
    const { posted } = await loggedInBy(approle('roleId: to-rotate'));
    expect(posted[0]?.body).toMatchObject({ secret_id: 'env:ROTATE' });
  },
  'clusters.*.rotateLogin.token': async () => {
    const { posted, token } = await loggedInBy('{method: token, token: "env:ROTATE_TOKEN"}');
    expect({ posted, token }).toEqual({ posted: [], token: 'env:ROTATE_TOKEN' });
  },
};
