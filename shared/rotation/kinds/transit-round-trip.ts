/** Random bytes through the seal's key with a token of the seal's, as the next restart does with its own. */
import type { RotationClient } from '../../vault/rotation-client.ts';
import type { Did } from '../rotation.ts';
import {
  failedBy,
  failure,
  type InCall,
  limitOf,
  type ProviderPorts,
  policyLine,
} from './transit-provider.ts';

const probeBytes = 32;

/** @returns the version of the key that was encrypted with. */
export async function roundTrip(
  client: RotationClient,
  token: string,
  ports: InCall<ProviderPorts>,
): Promise<Did<number>> {
  const { mount, key, random } = ports;
  const at = { mount, key };
  const probe = random(probeBytes).toString('base64');
  const denied = (operation: string) =>
    `${operation} is refused (403): the token is dead, or its policy lacks ${policyLine(`${mount}/${operation}/${key}`, 'update')}`;
  const encrypted = await client.encrypt(at, token, probe, { timeoutMs: limitOf(ports) });
  if (!encrypted.ok) return failedBy(encrypted.error, client, denied('encrypt'));
  const { ciphertext, key_version: said } = encrypted.body;
  const decrypted = await client.decrypt(at, token, ciphertext, { timeoutMs: limitOf(ports) });
  if (!decrypted.ok) return failedBy(decrypted.error, client, denied('decrypt'));
  if (decrypted.body.plaintext !== probe)
    return failure('wrong', `key ${key} gave back something else than was encrypted with it`);
  return { ok: true, value: said ?? versionOf(ciphertext) };
}

/** "vault:v3:…" */
function versionOf(ciphertext: string): number {
  return Number(/^vault:v(\d{1,9}):/.exec(ciphertext)?.[1] ?? 0);
}
