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

/** A request that an answer leaves to be made, or undefined; what it learns goes into the observation. */
type Further = (
  observation: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
  startsAsked: StartsAsked,
) => Promise<void> | undefined;

const further: readonly Further[] = [confirm, addDetails, refreshCertificate];

/**
 * Rejects only for an error of our own. A healthy node takes one request and as few promises as can be: there are
 * thousands of them in a sweep.
 */
export async function probeNode(
  name: string,
  client: VaultClient,
  startsAsked: StartsAsked,
  wasSilent: boolean,
  sweeping: Sweeping,
): Promise<NodeObservation> {
  const at = sweeping.clock.now();
  const slot = sweeping.slots.take(wasSilent);
  const release = typeof slot === 'function' ? slot : await slot;
  let cancelRelease: (() => void) | undefined;
  try {
    if (sweeping.remainingMs() <= 0) return notAsked(name, at, client.address);
    const { health, earlier } = await healthRaced(client, sweeping, release);
    const observation: NodeObservation = { node: name, at, health, earlier };
    for (let next = 0; next < further.length; next += 1) {
      const asking = further[next]?.(observation, client, sweeping, startsAsked);
      if (!asking) continue;
      // What is left of its time: a slow node holds its slot no longer than a silent one.
      cancelRelease ??= sweeping.silence.after(Math.max(0, sweeping.slotMs - health.ms), release);
      await asking;
    }
    const certificate = client.certificate();
    if (certificate) observation.certificate = certificate;
    return observation;
  } finally {
    cancelRelease?.();
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

type Attempts = Pick<NodeObservation, 'health' | 'earlier'>;

/**
 * One attempt on the kept connection and, when that is silent for half the timeout, a second one on a fresh
 * connection within the timeout. An answer from the server settles it; a network error waits for the other. A node
 * that is silent for a while gives its slot back before that.
 */
function healthRaced(client: VaultClient, sweeping: Sweeping, release: () => void): Promise<Attempts> {
  return new Promise((resolve, reject) => {
    const timeoutMs = sweeping.requestMs();
    const endsAt = sweeping.clock.elapsed() + timeoutMs;
    let second: AbortController | undefined;
    let failed: HealthAnswer | undefined;
    let open = 1;
    const settle = (answer: HealthAnswer): void => {
      open -= 1;
      const answered = answer.ok || answer.error.status !== undefined;
      if (!answered && open > 0) {
        failed = answer;
        return;
      }
      cancel();
      second?.abort();
      const health = sweeping.unlessCutShort(answer, timeoutMs);
      resolve({ health, earlier: failed ? [outcome(failed)] : [] });
    };
    const askBeside = (): void => {
      open += 1;
      second = new AbortController();
      const left = Math.max(1, endsAt - sweeping.clock.elapsed());
      const options = { fresh: true, timeoutMs: left, signal: second.signal };
      client.health(options).then(settle, reject);
    };
    const half = timeoutMs / 2;
    let cancel = sweeping.silence.after(Math.min(sweeping.slotMs, half), () => {
      release();
      cancel = sweeping.silence.after(endsAt - half - sweeping.clock.elapsed(), askBeside);
    });
    client.health({ timeoutMs }).then(settle, reject);
  });
}

function outcome(answer: HealthAnswer): VaultError | { status: number } {
  return answer.ok ? { status: answer.status } : answer.error;
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
