/** Whether this person's login opens what a recovery needs: asked before the one that somebody else works on is ended. */
import { fromBase64 } from '../../escrow/base64.ts';
import { inTime } from '../../escrow/call.ts';
import type { Custodian } from '../../escrow/custodian.ts';
import { holdingsOf } from '../../escrow/distribution.ts';
import type { Envelope } from '../../escrow/generation.ts';
import { auditEntry } from '../../people/audit.ts';
import type { Contribution } from './contribute/targets.ts';
import type { Glass } from './deps.ts';
import type { Journal } from './journal.ts';

/** One call of a custodian, ms. */
const custodianMs = 10_000;

/**
 * One key of a custodian after the other is unwrapped and zeroed at once, until those that work hold a threshold; no
 * envelope is opened with it. Each is on record first.
 *
 * @returns why it does not, or undefined.
 */
export async function whyNotOpen(
  glass: Glass,
  journal: Journal,
  contribution: Contribution | undefined,
): Promise<string | undefined> {
  const { world, cluster, envelopes, stop } = glass;
  const { generation } = envelopes;
  const custodians = await world.custodians(cluster);
  const reached = new Set<number>();
  const problems: string[] = [];
  const asked = holdingsOf(generation.envelopes).filter(
    ({ name }) => contribution === undefined || name === contribution.custodian,
  );
  for (const { name, shares } of asked) {
    if (reached.size >= generation.threshold || stop.aborted) break;
    const custodian = custodians.get(name);
    const envelope = generation.envelopes.find((one) => one.custodian === name);
    if (!custodian || !envelope) {
      problems.push(`custodian ${name} is not in fleet.yaml`);
      continue;
    }
    await onRecord(glass, journal, envelope);
    const problem = await unwrapped(glass, custodian, envelope);
    if (problem === undefined) for (const share of shares) reached.add(share);
    else problems.push(problem);
  }
  if (stop.aborted) return 'stopped by hand';
  const enough = contribution ? reached.size > 0 : reached.size >= generation.threshold;
  return enough ? undefined : `what this takes does not open to you: ${problems.join('; ')}`;
}

async function unwrapped(
  { world: { clock }, stop }: Glass,
  custodian: Custodian,
  { keyId, wrap, wrappedKey }: Envelope,
): Promise<string | undefined> {
  const bytes = fromBase64(wrappedKey);
  if (!bytes) return `the envelope of custodian ${custodian.name} is damaged`;
  const result = await inTime({ clock, timeoutMs: custodianMs, signal: stop }, (signal) =>
    custodian.unwrap({ keyId, wrap, wrappedKey: bytes }, signal),
  );
  if (!result.ok) return result.error.message;
  result.value.fill(0);
  return undefined;
}

async function onRecord(
  { world, cluster, who, whoName, reason, stored }: Glass,
  journal: Journal,
  { index, custodian, keyId }: Envelope,
): Promise<void> {
  const about = { who, name: whoName, what: 'key-opened' as const, cluster: cluster.name, why: reason };
  const facts = { index, custodian, keyId, for: 'take-over' };
  const value = auditEntry({ at: world.clock.now(), ...about, facts });
  await journal.append({ kind: 'audit', value });
  await stored?.state.audit.write(value);
}
