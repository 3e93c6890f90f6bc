/** Token sources for raft state, from a cluster's login in fleet.yaml. */
import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../clock.ts';
import type { Cluster } from '../fleet/fleet.ts';
import { createTokenSource, type LoginMethod, type TokenSource } from '../vault/login.ts';
import type { Resolve } from './secrets.ts';

export function tokenSourceFor(
  { login }: Cluster,
  resolve: Resolve,
  credential: (clientId?: string) => Promise<TokenCredential>,
  clock: Clock,
): TokenSource | undefined {
  if (!login) return undefined;
  const secret = (reference: string) => async (): Promise<string> => {
    const resolved = await resolve(reference);
    if (!resolved.ok) throw new Error(resolved.message);
    return resolved.value;
  };
  const method = (): LoginMethod => {
    switch (login.method) {
      case 'jwt':
        return { ...login, assertion: () => assertion(login.audience, login.clientId, credential) };
      case 'approle':
        return { ...login, roleId: secret(login.roleId), secretId: secret(login.secretId) };
      case 'token':
        return { ...login, token: secret(login.token) };
    }
  };
  return createTokenSource({ login: method(), clock });
}

async function assertion(
  audience: string,
  clientId: string | undefined,
  credential: (clientId?: string) => Promise<TokenCredential>,
): Promise<string> {
  const token = await (await credential(clientId)).getToken(`${audience}/.default`);
  if (!token) throw new Error(`the Azure identity gave no token for ${audience}`);
  return token.token;
}
