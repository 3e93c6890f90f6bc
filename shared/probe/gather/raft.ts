/** Asks the active node for raft and autopilot state, with the probe's login. */
import type { Answer } from '../../vault/answer.ts';
import type { VaultClient } from '../../vault/client.ts';
import type { TokenSource } from '../../vault/login.ts';
import type { RaftObservation } from '../observation.ts';
import type { Sweeping } from './sweeping.ts';

export async function readRaft(
  node: string,
  client: VaultClient,
  tokens: TokenSource,
  sweeping: Sweeping,
): Promise<RaftObservation> {
  const first = await readOnce(node, client, tokens, sweeping);
  // A token can be revoked or outlive its policy: one new login tells that from a missing policy line.
  if (!first.read || !denied(first)) return first;
  tokens.invalidate();
  return readOnce(node, client, tokens, sweeping);
}

async function readOnce(
  node: string,
  client: VaultClient,
  tokens: TokenSource,
  sweeping: Sweeping,
): Promise<RaftObservation> {
  const login = await tokens.token(client);
  if (!login.ok) return { read: false, why: 'login-failed', error: login.error };
  const options = { timeoutMs: sweeping.requestMs() };
  const [autopilot, autopilotConfiguration, configuration] = await Promise.all([
    client.autopilotState(login.token, options),
    client.autopilotConfiguration(login.token, options),
    client.raftConfiguration(login.token, options),
  ]);
  return { read: true, node, autopilot, autopilotConfiguration, configuration };
}

function denied(raft: Extract<RaftObservation, { read: true }>): boolean {
  const answers: Answer<unknown>[] = [raft.autopilot, raft.autopilotConfiguration, raft.configuration];
  return answers.some((answer) => !answer.ok && answer.error.status === 403);
}
