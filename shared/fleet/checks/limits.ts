import type { DraftCluster } from '../draft.ts';
import type { EndpointKind } from '../endpoint.ts';
import { checkEndpoint } from '../endpoint.ts';
import type { Path } from '../problem.ts';
import { isReference, outsideLimits, parseReference } from '../reference.ts';
import type { Check } from './check.ts';

/**
 * References, endpoints and audiences of tokens against the deployment's settings (rule 16). Not those of seals: every app reads this file
 * with settings of its own, and only rotate's may let them be resolved, where it does so.
 */
export const checkLimits: Check = ({ draft, limits, report }) => {
  const reference = (path: Path, text: string | undefined) => {
    const parsed = text !== undefined && isReference(text) ? parseReference(text) : undefined;
    const outside = typeof parsed === 'object' ? outsideLimits(parsed, limits) : undefined;
    if (outside !== undefined) report(path, outside);
  };
  const endpoint = (path: Path, url: string | undefined, kind: EndpointKind | undefined) => {
    reference(path, url);
    if (url === undefined || kind === undefined || isReference(url)) return;
    const checked = checkEndpoint(url, kind, limits);
    if (!checked.ok) report(path, checked.reason);
  };
  const audience = (path: Path, login: DraftCluster['login']) => {
    if (login?.method !== 'jwt' || limits.loginAudiences?.includes(login.audience)) return;
    report([...path, 'audience'], 'is not allowed: add it to the setting SEALWATCH_LOGIN_AUDIENCES');
  };
  endpoint(['heartbeat', 'url'], draft.heartbeat?.url, 'heartbeat');
  for (const [name, channel] of Object.entries(draft.channels ?? {})) {
    const path = ['channels', name];
    endpoint([...path, 'url'], channel.url, channel.kind);
    const { signingKeys = [] } = channel;
    signingKeys.forEach((key, index) => reference([...path, 'signingKeys', index], key));
  }
  for (const [name, { tls = {}, login, rotateLogin, escrow }] of Object.entries(draft.clusters ?? {})) {
    const path = ['clusters', name];
    reference([...path, 'tls', 'ca'], tls.ca);
    reference([...path, 'tls', 'clientCertificate'], tls.clientCertificate);
    reference([...path, 'tls', 'clientKey'], tls.clientKey);
    if (login?.method === 'approle') {
      reference([...path, 'login', 'roleId'], login.roleId);
      reference([...path, 'login', 'secretId'], login.secretId);
    }
    if (login?.method === 'token') reference([...path, 'login', 'token'], login.token);
    audience([...path, 'login'], login);
    audience([...path, 'rotateLogin'], rotateLogin);
    for (const [custodian, { passphrase }] of Object.entries(escrow?.custodians ?? {}))
      reference([...path, 'escrow', 'custodians', custodian, 'passphrase'], passphrase);
  }
};
