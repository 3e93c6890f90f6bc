/** Tokens: AppRole and JWT login, renewal, and who may read what. */
import { type Answer, answer, envelope, refusal } from './reply.ts';
import { type ClusterState, derived, type Token } from './state.ts';

/** All that the probe may read. Source: VAULT-FACTS "Least privilege". */
export const probePaths = [
  'sys/storage/raft/autopilot/state',
  'sys/storage/raft/autopilot/configuration',
  'sys/storage/raft/configuration',
  'sys/ha-status',
];

/** Undefined when the token may; the refusal that Vault gives otherwise. */
export function denied(
  state: ClusterState,
  path: string,
  token: string | undefined,
  now: number,
): Answer | undefined {
  if (token === undefined) return refusal(403, 'permission denied');
  const found = liveToken(state, token, now);
  if (!found) return refusal(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n');
  if (found.may === 'root' || found.may.includes(path)) return undefined;
  return refusal(403, '1 error occurred:\n\t* permission denied\n\n');
}

export function liveToken(state: ClusterState, token: string | undefined, now: number): Token | undefined {
  const found = token === undefined ? undefined : state.tokens[token];
  return found && (found.expiresAt === undefined || found.expiresAt > now) ? found : undefined;
}

/** POST auth/<mount>/login with `role_id` and `secret_id`, or with `role` and `jwt` (the role's secret). */
export function login(
  state: ClusterState,
  body: unknown,
  now: number,
): { state: ClusterState; reply: Answer } {
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const isJwt = 'jwt' in fields;
  const name = isJwt ? fields.role : fields.role_id;
  const secret = isJwt ? fields.jwt : fields.secret_id;
  const role = typeof name === 'string' ? state.roles[name] : undefined;
  if (!role || role.secretId !== secret) {
    const text = isJwt ? 'error validating token: invalid signature' : 'invalid role or secret ID';
    return { state, reply: refusal(400, text) };
  }
  const logins = state.logins + 1;
  const token = `hvs.${derived(state, 'token', logins).toString('base64url')}`;
  const made: Token = { may: role.may, ttlSeconds: role.ttlSeconds, expiresAt: now + role.ttlSeconds * 1000 };
  return {
    state: { ...state, logins, tokens: { ...state.tokens, [token]: made } },
    reply: authAnswer(state, token, role.ttlSeconds),
  };
}

export function renewSelf(
  state: ClusterState,
  token: string | undefined,
  now: number,
): { state: ClusterState; reply: Answer } {
  const found = liveToken(state, token, now);
  if (token === undefined || !found) return { state, reply: refusal(403, 'permission denied') };
  if (found.expiresAt === undefined) return { state, reply: refusal(400, 'lease is not renewable') };
  const renewed = { ...found, expiresAt: now + found.ttlSeconds * 1000 };
  return {
    state: { ...state, tokens: { ...state.tokens, [token]: renewed } },
    reply: authAnswer(state, token, found.ttlSeconds),
  };
}

export function lookupSelf(state: ClusterState, token: string | undefined, now: number): Answer {
  const found = liveToken(state, token, now);
  if (!found) return refusal(403, 'permission denied');
  const ttl = found.expiresAt === undefined ? 0 : Math.ceil((found.expiresAt - now) / 1000);
  return envelope({ ttl, renewable: found.expiresAt !== undefined }, { mount_type: 'token' });
}

function authAnswer(state: ClusterState, token: string, ttlSeconds: number): Answer {
  return answer(200, {
    request_id: '00000000-0000-0000-0000-000000000000',
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: null,
    wrap_info: null,
    warnings: null,
    auth: {
      client_token: token,
      accessor: derived(state, 'accessor', token).toString('base64url').slice(0, 24),
      policies: ['default', 'sealwatch-probe'],
      token_policies: ['default', 'sealwatch-probe'],
      metadata: {},
      lease_duration: ttlSeconds,
      renewable: true,
      entity_id: '',
      token_type: 'service',
      orphan: true,
      mfa_requirement: null,
      num_uses: 0,
    },
    mount_type: '',
  });
}
