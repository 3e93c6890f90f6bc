/** Whether a credential is due: nothing of it is under way. */
import type { Look } from '../rotation.ts';
import { blockOf } from './blocked.ts';
import { isSecret, type KindPolicy, policyOf } from './policy.ts';
import { renewCurrent } from './renewal.ts';
import { rescue } from './rescue.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { leaderMoved, newestVersion } from './versions.ts';
import { hours } from './wait.ts';

const day = hours(24);
/** Replaced this long before its end, or a third of its life, whichever is shorter: an end falls into office hours then. */
const earlyMs = 30 * day;
/** Automation does not try again what failed, for this long, ms… */
const afterFailure = hours(1);
/** …nor what a person took back. */
const afterRollback = 7 * day;

export function planDue(input: RotationInput): RotationPlan {
  const { cluster, kind, look, asked } = input;
  const policy = policyOf(cluster, kind);
  if (!policy) return none(input, `fleet.yaml asks for no rotation of the ${words[kind]} of ${cluster.name}`);
  const rescued = rescue(input);
  if (rescued !== undefined) return { do: 'refuse', why: rescued };
  if (!look.ok) return none(input, `it cannot be seen: ${look.detail}`);
  const reason = isSecret(kind) ? dueSecret(input, look.value, policy) : dueKey(input, look.value, policy);
  if (reason.do === 'nothing') return reason;
  const repairs = reason.do === 'open' && reason.repairs;
  // A renewal changes nothing for the cluster: no block and no pause is a reason to let go of what works.
  const renewal = asked ? undefined : renewCurrent(input);
  const block = blockOf(input, repairs);
  if (block) return renewal ?? none(input, block.why);
  const pause = asked ? undefined : pauseAfter(input, repairs);
  return pause ? (renewal ?? pause) : reason;
}

const words = {
  'transit-token': "seal's token",
  'transit-key': 'transit key',
  'entra-secret': 'client secret',
  'keyvault-key': 'key',
} as const;

/** Who asked is told; a timer is not. */
function none({ asked }: RotationInput, why: string, dueAt?: number): RotationPlan {
  if (asked) return { do: 'refuse', why };
  return { do: 'nothing', why, ...(dueAt !== undefined && { dueAt }) };
}

function dueSecret(input: RotationInput, { current }: Look, { everyMs }: KindPolicy): RotationPlan {
  const { asked, now } = input;
  if (current.state === 'dead')
    return { do: 'open', repairs: true, why: `the one in use does not work: ${current.why}` };
  if (asked) return { do: 'open', repairs: false, why: `${asked.byName} asked for it: ${asked.reason}` };
  if (current.state === 'unknown') return none(input, `whether it works is unknown: ${current.why}`);
  const { endsAt, lifeMs, madeAt, renewable, unfit } = current;
  if (unfit !== undefined) return { do: 'open', repairs: false, why: `the one in use is unfit: ${unfit}` };
  if (endsAt !== undefined) {
    const left = endsAt - now;
    const early = Math.min(earlyMs, (lifeMs ?? earlyMs * 3) / 3);
    const renewal = renewCurrent(input);
    if (renewal) return renewal;
    if (!renewable && left <= early)
      return { do: 'open', repairs: false, why: `it ends ${iso(endsAt)}, and no renewal changes that` };
  }
  const next = everyMs === undefined || madeAt === undefined ? undefined : madeAt + everyMs;
  if (next !== undefined && next <= now)
    return {
      do: 'open',
      repairs: false,
      why: `it was made ${iso(madeAt ?? now)}, and fleet.yaml wants a new one`,
    };
  const ends =
    endsAt === undefined || renewable ? [] : [endsAt - Math.min(earlyMs, (lifeMs ?? earlyMs * 3) / 3)];
  const dueAt = Math.min(...ends, next ?? Number.POSITIVE_INFINITY);
  return none(input, 'it works, and is not due', Number.isFinite(dueAt) ? dueAt : undefined);
}

function dueKey(input: RotationInput, look: Look, { everyMs, follows }: KindPolicy): RotationPlan {
  const { asked, now, consumers } = input;
  const newest = newestVersion(look);
  if (!newest) return none(input, 'no version of the key is seen');
  if (follows) {
    const behind = consumers.filter((consumer) => leaderMoved(consumer, newest.madeAt) === 'no');
    if (behind.length > 0 && !wasFollowed(input, newest.version)) {
      const who = behind.map(({ cluster }) => cluster).join(', ');
      return {
        do: 'open',
        repairs: false,
        why: `the vault's own policy made version ${newest.version}; ${who} still uses an older one`,
      };
    }
    return none(input, "the vault's own policy makes versions, and no consumer is seen to use an older one");
  }
  if (asked) return { do: 'open', repairs: false, why: `${asked.byName} asked for it: ${asked.reason}` };
  const next = newest.madeAt + (everyMs ?? Number.POSITIVE_INFINITY);
  if (next > now)
    return none(input, 'its newest version is not due', Number.isFinite(next) ? next : undefined);
  return {
    do: 'open',
    repairs: false,
    why: `version ${newest.version} was made ${iso(newest.madeAt)}, and fleet.yaml wants a new one`,
  };
}

function wasFollowed({ earlier }: RotationInput, version: string): boolean {
  return earlier.some(({ fresh, ended }) => fresh?.ref === version && ended?.outcome === 'retired');
}

/** A repair waits only after one that made new ones which never worked: that would go on all day. */
function pauseAfter(input: RotationInput, repairs: boolean): RotationPlan | undefined {
  const { earlier, now } = input;
  const [{ ended: last, discards = 0 } = {}] = earlier;
  if (!last || last.outcome === 'retired') return undefined;
  if (repairs && (last.outcome !== 'failed' || discards === 0)) return undefined;
  const rolledBack = last.outcome === 'rolled-back';
  const until = last.at + (rolledBack ? afterRollback : afterFailure);
  if (until <= now) return undefined;
  const why = rolledBack
    ? 'the last one was rolled back: a person may ask for it'
    : `the last one ended: ${last.summary}`;
  return { do: 'nothing', why, dueAt: until };
}

const iso = (ms: number): string => new Date(ms).toISOString();
