/** Judge of the probe's own access to raft state. */

import { finding } from '../../finding.ts';
import type { Login } from '../../fleet/fleet.ts';
import type { Answer, VaultError } from '../../vault/answer.ts';
import { absent, type Judgement, ofCluster, type Picture, present, theCluster, unjudged } from './picture.ts';
import { listed } from './words.ts';

export function judgeDenied(picture: Picture): Judgement[] {
  return [ofCluster('probe-denied', verdict(picture))];
}

function verdict({ cluster, observation, raft: view }: Picture) {
  const { raft } = observation;
  if (!view.applies) return absent;
  if (!raft.read) {
    if (raft.why === 'login-failed') return loginFailed(cluster.name, cluster.login, raft.error);
    // Without a login nothing is asked, so nothing is denied.
    return raft.why === 'no-active-node' ? unjudged('no node answers as active') : absent;
  }
  const paths: [string, Answer<unknown>][] = [
    ['sys/storage/raft/autopilot/state', raft.autopilot],
    ['sys/storage/raft/autopilot/configuration', raft.autopilotConfiguration],
    ['sys/storage/raft/configuration', raft.configuration],
  ];
  const denied = paths
    .filter(([, answer]) => !answer.ok && answer.error.status === 403)
    .map(([path]) => path);
  if (denied.length > 0) {
    const lines = denied.map((path) => `path "${path}" { capabilities = ["read"] }`);
    return present(
      finding(
        'probe-denied',
        theCluster,
        `the probe may not read ${listed(denied)} of ${cluster.name}`,
        [...lines.map((line) => `Missing in the probe's policy: ${line}`), `403 from ${raft.node}.`],
        { advice: `Add to the policy of the probe's login: ${lines.join(' ')}` },
      ),
    );
  }
  const unread = paths.filter(([, answer]) => !answer.ok).map(([path]) => path);
  return unread.length > 0 ? unjudged(`no answer from ${listed(unread)}`) : absent;
}

function loginFailed(name: string, login: Login | undefined, error: VaultError) {
  if (error.code === 'aborted') return unjudged('the login was not answered before the sweep ended');
  const how = error.status === undefined ? error.code : `status ${error.status}`;
  return present(
    finding('probe-denied', theCluster, `the login of the probe to ${name} fails: ${how}`, [error.message], {
      advice: checkLogin(login),
    }),
  );
}

function checkLogin(login: Login | undefined): string {
  switch (login?.method) {
    case 'jwt':
      return `Read the role: vault read auth/${login.mount}/role/${login.role}. Its bound_audiences must hold ${login.audience}, its bound_claims (oid, tid) the probe's identity, and the mount's bound_issuer the tenant's.`;
    case 'approle':
      return `Check that the secret id has not expired or run out of uses (auth/${login.mount}), and that its CIDR binding allows the probe.`;
    case 'token':
      return 'The token is expired or revoked: put a new one where fleet.yaml points to.';
    case undefined:
      return 'Mend the login of this cluster in fleet.yaml.';
  }
}
