/** Fields that change how Sealwatch logs in to a cluster. */
import { expect } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { tokenSourceFor } from '../../../shared/compose/logins.ts';
import { fleetOf, limits } from '../../fleet/builders.ts';
import { gathering } from '../../probe/gathering.ts';
import { FleetUnderTest } from '../fleet-under-test.ts';
import type { Proof } from './proof.ts';

async function raftOf(login: string, env: Record<string, string>) {
  const fleet = new FleetUnderTest({ clusters: { payments: { yaml: `login: ${login}` } }, env });
  fleet.simulation().addLogin('role', 'secret-id');
  if (env.SECRET_TOKEN === 'root') fleet.env.SECRET_TOKEN = fleet.simulation().keys.rootToken;
  const { raft } = await fleet.passTime((await gathering(fleet)).gather());
  return { fleet, ok: raft.read && raft.configuration.ok };
}

const approle = (roleId: string, mount = 'approle') =>
  `{method: approle, mount: ${mount}, roleId: ${roleId}, secretId: "env:SECRET_ID"}`;

interface LoggedIn {
  /** Client id and scope that the app's Azure identity was asked for. */
  asked: (string | undefined)[];
  /** What Vault was sent. */
  posted: { path: string; body: unknown }[];
}

async function loggedInBy(login: string): Promise<LoggedIn> {
  const asked: (string | undefined)[] = [];
  const posted: LoggedIn['posted'] = [];
  const fleet = fleetOf(
    `version: 1\nclusters: {payments: {nodes: ["http://127.0.0.1:1"], login: ${login}}}\n`,
    limits(),
  );
  const [cluster] = fleet.clusters;
  const source =
    cluster &&
    tokenSourceFor(
      cluster,
      async (value) => ({ ok: true, value }),
      async (clientId) => ({
        async getToken(scopes) {
          asked.push(clientId, String(scopes));
          return { token: 'an assertion', expiresOnTimestamp: 0 };
        },
      }),
      systemClock,
    );
  const refused = {
    ok: false,
    ms: 0,
    error: { code: 'http', message: 'refused', recoverable: false },
  } as const;
  await source?.token({
    address: 'http://127.0.0.1:1',
    login: async (path, body) => {
      // A copy: secrets are wiped once they are sent.
      posted.push({ path, body: JSON.parse(String(body)) });
      return refused;
    },
    renewSelf: async () => refused,
  });
  return { asked, posted };
}

export const loginFields: Record<string, Proof> = {
  'clusters.*.login.method': async () => {
    const jwt = await loggedInBy('{method: jwt, role: probe, audience: "api://vault"}');
    expect(jwt.posted.map(({ path }) => path)).toEqual(['auth/jwt/login']);
    const own = await loggedInBy('{method: approle, roleId: role, secretId: "env:SEALWATCH_SECRET_ID"}');
    expect(own.asked).toEqual([]);
    expect(own.posted.map(({ path }) => path)).toEqual(['auth/approle/login']);
  },
  'clusters.*.login.mount': async () => {
    const { fleet } = await raftOf(approle('role', 'teams/core'), { SECRET_ID: 'secret-id' });
    expect(fleet.counts()).toMatchObject({ 'POST auth/teams/core/login': 1 });
  },
  'clusters.*.login.role': async () => {
    const roleOf = async (role: string) =>
      (await loggedInBy(`{method: jwt, role: ${role}, audience: "api://vault"}`)).posted[0]?.body;
    expect(await roleOf('probe')).toMatchObject({ role: 'probe' });
    expect(await roleOf('other')).toMatchObject({ role: 'other' });
  },
  'clusters.*.login.audience': async () => {
    const login = '{method: jwt, role: probe, audience: "api://vault-payments"}';
    expect((await loggedInBy(login)).asked).toEqual([undefined, 'api://vault-payments/.default']);
  },
  'clusters.*.login.clientId': async () => {
    const id = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
    const login = `{method: jwt, role: probe, audience: "api://vault", clientId: ${id}}`;
    expect((await loggedInBy(login)).asked[0]).toBe(id);
  },
  'clusters.*.login.roleId': async () => {
    expect((await raftOf(approle('role'), { SECRET_ID: 'secret-id' })).ok).toBe(true);
    expect((await raftOf(approle('another'), { SECRET_ID: 'secret-id' })).ok).toBe(false);
  },
  'clusters.*.login.secretId': async () => {
    expect((await raftOf(approle('role'), { SECRET_ID: 'secret-id' })).ok).toBe(true);
    expect((await raftOf(approle('role'), { SECRET_ID: 'another-id' })).ok).toBe(false);
  },
  'clusters.*.login.token': async () => {
    const login = '{method: token, token: "env:SECRET_TOKEN"}';
    expect((await raftOf(login, { SECRET_TOKEN: 'root' })).ok).toBe(true);
    expect((await raftOf(login, { SECRET_TOKEN: 'hvs.another' })).ok).toBe(false);
  },
};
