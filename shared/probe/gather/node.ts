/** Asks one node how it is, twice if it looks bad, and for more where more adds something. */
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

export async function probeNode(
  name: string,
  client: VaultClient,
  startsAsked: StartsAsked,
  wasSilent: boolean,
  sweeping: Sweeping,
): Promise<NodeObservation> {
  const at = sweeping.clock.now();
  const release = await sweeping.slots.take(wasSilent);
  const cancelRelease = sweeping.silence.after(sweeping.slotMs, release);
  try {
    if (sweeping.remainingMs() <= 0) return notAsked(name, at, client.address);
    const { health, earlier } = await healthTwice(client, sweeping);
    const observation: NodeObservation = { node: name, at, health, earlier };
    await addDetails(observation, client, startsAsked, sweeping);
    await refreshCertificate(client, observation, sweeping);
    const certificate = client.certificate();
    if (certificate) observation.certificate = certificate;
    return observation;
  } finally {
    cancelRelease();
    release();
  }
}

/** The deadline came while it waited for a slot. */
function notAsked(name: string, at: number, address: string): NodeObservation {
  const message = `[GET] ${address}/v1/sys/health: not asked: the sweep ended first`;
  const error = { code: 'aborted', message, recoverable: true } as const;
  return { node: name, at, health: { ok: false, error, ms: 0 }, earlier: [] };
}

/** Asks again inside the same sweep when the first answer is not good: one lost packet wakes nobody. */
async function healthTwice(
  client: VaultClient,
  sweeping: Sweeping,
): Promise<Pick<NodeObservation, 'health' | 'earlier'>> {
  const raced = await healthRaced(client, sweeping);
  if (looksGood(raced.health) || raced.earlier.length > 0) return raced;
  const first = raced.health;
  // A node that took the whole time had its second attempt inside that time, on a fresh connection.
  if (!first.ok && (first.error.code === 'timeout' || first.error.code === 'aborted')) return raced;
  await sweeping.clock.sleep(sweeping.settings.confirmAfterMs);
  if (sweeping.remainingMs() <= 0) return raced;
  const timeoutMs = sweeping.requestMs();
  const health = sweeping.unlessCutShort(await client.health({ fresh: true, timeoutMs }), timeoutMs);
  // Cut short, the second attempt says less than the first.
  return isAborted(health) ? raced : { health, earlier: [outcome(first)] };
}

/**
 * One attempt on the kept connection and, when that is silent for half the timeout, a second one on a fresh
 * connection within the timeout. An answer from the server settles it; a network error waits for the other.
 */
function healthRaced(
  client: VaultClient,
  sweeping: Sweeping,
): Promise<Pick<NodeObservation, 'health' | 'earlier'>> {
  return new Promise((resolve, reject) => {
    const timeoutMs = sweeping.requestMs();
    const endsAt = sweeping.clock.elapsed() + timeoutMs;
    let second: AbortController | undefined;
    const failed: HealthAnswer[] = [];
    let open = 1;
    const settle = (answer: HealthAnswer): void => {
      open -= 1;
      const answered = answer.ok || answer.error.status !== undefined;
      if (!answered && open > 0) {
        failed.push(answer);
        return;
      }
      cancel();
      second?.abort();
      const health = sweeping.unlessCutShort(answer, timeoutMs);
      resolve({ health, earlier: failed.map(outcome) });
    };
    const cancel = sweeping.silence.after(timeoutMs / 2, () => {
      open += 1;
      second = new AbortController();
      const left = Math.max(1, endsAt - sweeping.clock.elapsed());
      const options = { fresh: true, timeoutMs: left, signal: second.signal };
      client.health(options).then(settle).catch(reject);
    });
    client.health({ timeoutMs }).then(settle).catch(reject);
  });
}

function outcome(answer: HealthAnswer): VaultError | { status: number } {
  return answer.ok ? { status: answer.status } : answer.error;
}

/**
 * A kept or resumed connection never shows a certificate that was renewed since: now and then a healthy node is
 * asked on a fresh one.
 */
async function refreshCertificate(
  client: VaultClient,
  { health }: NodeObservation,
  sweeping: Sweeping,
): Promise<void> {
  const certificate = client.certificate();
  if (!certificate || !looksGood(health) || !sweeping.mayRefresh(certificate)) return;
  await client.health({ fresh: true, timeoutMs: sweeping.requestMs() });
}

/** More requests, only for what health leaves open; never to a node that is silent. */
async function addDetails(
  observation: NodeObservation,
  client: VaultClient,
  startsAsked: StartsAsked,
  sweeping: Sweeping,
): Promise<void> {
  const { health } = observation;
  const answers = health.ok || health.error.status !== undefined;
  if (!answers || sweeping.remainingMs() <= 0) return;
  const options = { timeoutMs: sweeping.requestMs() };
  if (looksGood(health)) {
    if (sweeping.mayReadStart(observation, startsAsked)) {
      observation.processStart = await client.processStart(options);
    }
    return;
  }
  // The second attempt had a connection of its own: when the kept one serves again, it is asked anew.
  if (health.ok && health.connection) startsAsked.set(observation.node, health.connection);
  const [sealStatus, processStart] = await Promise.all([
    client.sealStatus(options),
    client.processStart(options),
  ]);
  observation.sealStatus = sealStatus;
  observation.processStart = processStart;
}
