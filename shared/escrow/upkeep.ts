/** Whether a generation would open if it were needed now: the daily look of *recover*, and `escrow verify`. */
import { type Calling, patiently } from './call.ts';
import type { Custodian, KeyFacts } from './custodian.ts';
import { distributionOf, holdingsOf } from './distribution.ts';
import { custodianFailure, type EscrowFailure, notConfigured } from './failure.ts';
import type { Envelope, Generation, TrustBinding, UpkeepProblem } from './generation.ts';
import type { OpenedKey } from './open.ts';
import { openShare } from './seal.ts';
import { differences } from './trust.ts';

/** A key that ends sooner than this is reported, ms. */
const expiresSoonMs = 30 * 24 * 3_600_000;

const codes: Record<EscrowFailure['code'], UpkeepProblem['code']> = {
  denied: 'denied',
  throttled: 'custodian-away',
  unavailable: 'custodian-away',
  timeout: 'custodian-away',
  'not-configured': 'custodian-away',
  'key-disabled': 'key-disabled',
  'key-deleted': 'key-deleted',
  // It did not open: what only expires soon is told by the key's facts.
  'key-expired': 'key-disabled',
  refused: 'tampered',
  tampered: 'tampered',
};

export interface UpkeepRequest {
  generation: Generation;
  custodians: ReadonlyMap<string, Custodian>;
  /** As fleet.yaml has it by now. */
  trust: TrustBinding;
  /** ms */
  now: number;
  calling: Calling;
  /** Awaited before each envelope is opened. */
  opening?: ((key: OpenedKey) => Promise<void>) | undefined;
}

/** Opens every envelope, one at a time, and destroys what it opened. Empty: nothing to do. */
export async function verify(request: UpkeepRequest): Promise<UpkeepProblem[]> {
  const { generation, custodians, trust } = request;
  const problems: UpkeepProblem[] = [...trustProblems(generation, trust), ...lonely(generation)];
  for (const name of new Set(generation.envelopes.map(({ custodian }) => custodian))) {
    const held = generation.envelopes.filter((envelope) => envelope.custodian === name);
    const custodian = custodians.get(name);
    problems.push(
      ...(custodian
        ? [
            ...(await openingProblems(custodian, held, request)),
            ...(await keyProblems(custodian, held, request)),
          ]
        : [ofCustodian(notConfigured(held[0]?.index ?? 0, name))]),
    );
  }
  return once(problems);
}

async function openingProblems(
  custodian: Custodian,
  held: Envelope[],
  { generation, calling, opening }: UpkeepRequest,
): Promise<UpkeepProblem[]> {
  const problems: UpkeepProblem[] = [];
  const unusable = new Set<string>();
  for (const envelope of held) {
    if (unusable.has(envelope.keyId)) continue;
    await opening?.({ index: envelope.index, custodian: custodian.name, keyId: envelope.keyId });
    const opened = await patiently(calling, (signal) =>
      openShare({ identity: generation, envelope, custodian }, signal),
    );
    if (opened.ok) {
      opened.value.destroy();
      continue;
    }
    const { failure } = opened;
    if (failure.code === 'tampered') {
      problems.push({ ...ofCustodian(failure), index: envelope.index });
      continue;
    }
    // The key, not this envelope: the next ones would say the same, each after its own time limit.
    problems.push(ofCustodian(failure));
    if (codes[failure.code] === 'custodian-away' || failure.code === 'denied') break;
    unusable.add(envelope.keyId);
  }
  return problems;
}

async function keyProblems(
  custodian: Custodian,
  held: Envelope[],
  { now, calling }: UpkeepRequest,
): Promise<UpkeepProblem[]> {
  const index = held[0]?.index ?? 0;
  const ask = (keyId: string | undefined) =>
    patiently<KeyFacts>(calling, async (signal) => {
      const facts = await custodian.facts(keyId, signal);
      return facts.ok ? facts : { ok: false, failure: custodianFailure(index, custodian.name, facts.error) };
    });
  const newest = await ask(undefined);
  if (!newest.ok) return [ofCustodian(newest.failure)];
  const problems = stateProblems(custodian.name, newest.value, now);
  const older = [...new Set(held.map(({ keyId }) => keyId))].filter((keyId) => keyId !== newest.value.keyId);
  for (const keyId of older) {
    const indexes = held.filter((envelope) => envelope.keyId === keyId).map((envelope) => envelope.index);
    problems.push({
      custodian: custodian.name,
      code: 'old-key-version',
      message: `${sharesNamed(indexes)} of custodian "${custodian.name}" ${indexes.length === 1 ? 'is' : 'are'} wrapped by an older version of its key: rewrap`,
    });
    const facts = await ask(keyId);
    // Another key's: opening told that already.
    if (!facts.ok && facts.failure.code === 'refused') continue;
    problems.push(
      ...(facts.ok ? stateProblems(custodian.name, facts.value, now) : [ofCustodian(facts.failure)]),
    );
  }
  return problems;
}

function stateProblems(
  custodian: string,
  { keyId, enabled, expiresAt }: KeyFacts,
  now: number,
): UpkeepProblem[] {
  if (!enabled) {
    const message = `custodian "${custodian}": ${keyId} is disabled or not valid yet: enable it in Key Vault`;
    return [{ custodian, code: 'key-disabled', message }];
  }
  if (expiresAt === undefined || expiresAt > now + expiresSoonMs) return [];
  const day = new Date(expiresAt).toISOString().slice(0, 10);
  const word = expiresAt <= now ? 'expired' : 'expires';
  const message = `custodian "${custodian}": ${keyId} ${word} on ${day}: make a new version and rewrap, or move its end`;
  return [{ custodian, code: 'key-expiring', message }];
}

function trustProblems({ trust }: Generation, now: TrustBinding): UpkeepProblem[] {
  const changed = differences(trust, now);
  if (changed.length === 0) return [];
  const message = `fleet.yaml differs from what the shares are bound to: ${changed.join('; ')}. Rebind, or change it back`;
  return [{ code: 'trust-changed', message }];
}

function lonely({ envelopes, threshold, count }: Generation): UpkeepProblem[] {
  const { singlePoints } = distributionOf({ custodians: holdingsOf(envelopes), threshold, count });
  return singlePoints.map((custodian) => ({
    custodian,
    code: 'single-point',
    message: `without custodian "${custodian}" fewer than ${threshold} shares are left: give its shares a second custodian`,
  }));
}

function ofCustodian({ code, custodian, message }: EscrowFailure): UpkeepProblem {
  return { custodian, code: codes[code], message };
}

function sharesNamed(indexes: number[]): string {
  return `${indexes.length === 1 ? 'share' : 'shares'} ${indexes.join(', ')}`;
}

/** A custodian that is away is away for its envelopes and for its facts. */
function once(problems: UpkeepProblem[]): UpkeepProblem[] {
  const key = ({ code, custodian, index, message }: UpkeepProblem) =>
    JSON.stringify([custodian, code, index, code === 'custodian-away' || code === 'denied' ? '' : message]);
  return [...new Map(problems.toReversed().map((problem) => [key(problem), problem])).values()].toReversed();
}
