/** Token sources for raft state, from a cluster's login in fleet.yaml. */
import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../clock.ts';
import type { Cluster } from '../fleet/fleet.ts';
import { OutOfTime, within } from '../fleet/within.ts';
import { createTokenSource, type LoginMethod, type TokenSource } from '../vault/login.ts';
import type { Resolve } from './secrets.ts';

/** How long the Azure identity may take for a token, ms: all that need this login wait for it. */
const assertionMs = 10_000;

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
        return { ...login, assertion: () => assertion(login.audience, login.clientId, credential, clock) };
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
  clock: Clock,
): Promise<string> {
  const token = await within(assertionMs, clock, async (abortSignal) =>
    (await credential(clientId)).getToken(`${audience}/.default`, { abortSignal }),
  ).catch((error: unknown) => {
    if (!(error instanceof OutOfTime)) throw error;
    throw new Error(`the Azure identity gave no token for ${audience} within ${assertionMs / 1000} s`);
  });
  if (!token) throw new Error(`the Azure identity gave no token for ${audience}`);
  return token.token;
}
