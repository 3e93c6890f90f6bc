/** What the first answer of a node leaves to be asked. */
import type { Answer, VaultError } from '../../vault/answer.ts';
import type { Health } from '../../vault/answers.ts';
import type { VaultClient } from '../../vault/client.ts';
import type { NodeObservation } from '../observation.ts';
import type { StartsAsked, Sweeping } from './sweeping.ts';

/** 200 active, 429 standby, 472 DR secondary, 473 performance standby (Vault's sys/health). */
const serving = new Set([200, 429, 472, 473]);

type HealthAnswer = Answer<Health>;

/** Stopped by the sweep's end: nothing was learned. */
export function isAborted(answer: HealthAnswer): boolean {
  return !answer.ok && answer.error.code === 'aborted';
}

export function looksGood(answer: HealthAnswer): boolean {
  return answer.ok && serving.has(answer.status);
}

/** An attempt that is not the one that counts. */
export function outcome(answer: HealthAnswer): VaultError | { status: number } {
  return answer.ok ? { status: answer.status } : answer.error;
}

/** A request that an answer leaves to be made, or undefined; what it learns goes into the observation. */
type Further = (
  observation: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
  startsAsked: StartsAsked,
) => Promise<void> | undefined;

/** In this order. */
export const further: readonly Further[] = [confirm, addDetails, refreshCertificate];

/** Asks again inside the same sweep when the first answer is not good: one lost packet wakes nobody. */
function confirm(
  observation: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
): Promise<void> | undefined {
  const { health, earlier } = observation;
  if (looksGood(health) || earlier.length > 0) return undefined;
  // A node that took the whole time had its second attempt inside that time, on a fresh connection.
  if (!health.ok && (health.error.code === 'timeout' || health.error.code === 'aborted')) return undefined;
  return askAgain(observation, client, sweeping);
}

async function askAgain(
  observation: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
): Promise<void> {
  await sweeping.clock.sleep(sweeping.settings.confirmAfterMs);
  if (sweeping.remainingMs() <= 0) return;
  const timeoutMs = sweeping.requestMs();
  const again = sweeping.unlessCutShort(await client.health({ fresh: true, timeoutMs }), timeoutMs);
  // Cut short, the second attempt says less than the first.
  if (isAborted(again)) return;
  observation.earlier = [outcome(observation.health)];
  observation.health = again;
}

/**
 * A kept or resumed connection never shows a certificate that was renewed since: now and then a healthy node is
 * asked on a fresh one.
 */
function refreshCertificate(
  { health }: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
): Promise<void> | undefined {
  const certificate = client.certificate();
  if (!certificate || !looksGood(health) || !sweeping.mayRefresh(certificate)) return undefined;
  return client.health({ fresh: true, timeoutMs: sweeping.requestMs() }).then(() => undefined);
}

/** More requests, only for what health leaves open; never to a node that is silent. */
function addDetails(
  observation: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
  startsAsked: StartsAsked,
): Promise<void> | undefined {
  const { node, health } = observation;
  if (looksGood(health)) {
    return sweeping.mayReadStart(node, health, startsAsked)
      ? readStart(observation, client, sweeping)
      : undefined;
  }
  const answers = health.ok || health.error.status !== undefined;
  if (!answers || sweeping.remainingMs() <= 0) return undefined;
  // The second attempt had a connection of its own: when the kept one serves again, it is asked anew.
  if (health.ok && health.connection) startsAsked.set(node, health.connection);
  return Promise.all([
    readStart(observation, client, sweeping),
    readSeal(observation, client, sweeping),
  ]).then(() => undefined);
}

async function readStart(
  observation: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
): Promise<void> {
  observation.processStart = await client.processStart({ timeoutMs: sweeping.requestMs() });
}

async function readSeal(
  observation: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
): Promise<void> {
  observation.sealStatus = await client.sealStatus({ timeoutMs: sweeping.requestMs() });
}
