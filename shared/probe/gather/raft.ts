/** Asks the active node for raft and autopilot state, with the probe's login. */
import type { Answer } from '../../vault/answer.ts';
import type { VaultClient } from '../../vault/client.ts';
import type { LoginClient, TokenResult, TokenSource } from '../../vault/login.ts';
import type { RaftObservation } from '../observation.ts';
import type { Sweeping } from './sweeping.ts';

type Read = Extract<RaftObservation, { read: true }>;

export async function readRaft(
  node: string,
  client: VaultClient,
  tokens: TokenSource,
  sweeping: Sweeping,
): Promise<RaftObservation> {
  const login = await logIn(client, tokens, sweeping);
  if (!login.ok) return { read: false, why: 'login-failed', error: login.error };
  const raft = await readOnce(node, client, login.token, sweeping);
  if (!denied(raft)) return raft;
  // A token can be revoked or outlive its policy: one new login tells that from a missing policy line.
  tokens.invalidate();
  const again = await logIn(client, tokens, sweeping);
  if (!again.ok) return { read: false, why: 'login-failed', error: again.error };
  // The same token once more: it has just replaced another one, so it is the policy that is missing.
  return again.token === login.token ? raft : readOnce(node, client, again.token, sweeping);
}

/** Inside the sweep's deadline, as every request. */
function logIn(client: VaultClient, tokens: TokenSource, sweeping: Sweeping): Promise<TokenResult> {
  const bounded: LoginClient = {
    address: client.address,
    async login(path, body) {
      const timeoutMs = sweeping.requestMs();
      return sweeping.unlessCutShort(await client.login(path, body, { timeoutMs }), timeoutMs);
    },
    async renewSelf(token) {
      const timeoutMs = sweeping.requestMs();
      return sweeping.unlessCutShort(await client.renewSelf(token, { timeoutMs }), timeoutMs);
    },
  };
  return tokens.token(bounded);
}

async function readOnce(node: string, client: VaultClient, token: string, sweeping: Sweeping): Promise<Read> {
  const options = { timeoutMs: sweeping.requestMs() };
  const [autopilot, autopilotConfiguration, configuration] = await Promise.all([
    client.autopilotState(token, options),
    client.autopilotConfiguration(token, options),
    client.raftConfiguration(token, options),
  ]);
  return { read: true, node, autopilot, autopilotConfiguration, configuration };
}

function denied(raft: Read): boolean {
  const answers: Answer<unknown>[] = [raft.autopilot, raft.autopilotConfiguration, raft.configuration];
  return answers.some((answer) => !answer.ok && answer.error.status === 403);
}
