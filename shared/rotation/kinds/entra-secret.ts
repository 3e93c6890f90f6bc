/**
 * The client secret that the nodes of an azurekeyvault seal sign in with. Made and ended by Microsoft Graph, under a name
 * that carries the rotation's id: a creation whose turn died is found by it, and nobody's own secret is ever ended.
 */
import type { Clock } from '../../clock.ts';
import type { AzureExercise, AzureFailure } from '../../readiness/exercise/azure-exercise.ts';
import type { Tried } from '../../readiness/readiness.ts';
import type { AddedSecret, Application, Graph } from '../graph.ts';
import type { Credential, Did, Kind, Look, Made, NotMade, Orphans } from '../rotation.ts';
import { failedAs, slow } from './azure-codes.ts';
import { type Deadline, type DeadlineClock, deadlineBy } from './deadline.ts';
import {
  candidatesFor,
  currentOf,
  displayNameFor,
  foreignLines,
  liveOurs,
  rotationOf,
} from './listed-secrets.ts';

export interface EntraSecretPorts {
  cluster: string;
  /** The seal's: the application must be this one. */
  clientId: string;
  /** Of a new secret, ms. */
  lifeMs: number;
  graph: Graph;
  /** A token with the value: what Entra says of it. */
  login: (value: Buffer) => Promise<Tried<unknown, AzureFailure>>;
  /** Token, get, wrap and unwrap with the value. */
  exercise: (value: Buffer) => Promise<AzureExercise>;
  /** Makes text of others safe to show, on one line. */
  shown: (text: string) => string;
  clock: Pick<Clock, 'now' | 'sleep'> & DeadlineClock;
}

/** "Seconds to minutes" until a new secret works everywhere (AZURE-FACTS); what is refused for longer is no propagation. */
const propagationMs = 15 * 60_000;
/** Graph's lists may lag: only from then on an empty one says that nothing was made, ms. */
const listedWithinMs = 2 * 60_000;
/** A secret that the list does not show is looked for again, so often and after so long, before it counts as gone. */
const lookAgain = { times: 2, afterMs: 10_000 };
/** The one in use and the one that replaces it. */
const mostLive = 2;

export function entraSecret(ports: EntraSecretPorts): Kind {
  const { cluster, graph, clock } = ports;

  async function application(deadline: Deadline): Promise<Did<Application>> {
    const seen = await graph.application(deadline);
    if (!seen.ok || seen.value.appId.toLowerCase() === ports.clientId.toLowerCase()) return seen;
    return wrong(
      'rotation.secret.application is the object id of another application than the one the nodes sign in as (seal.clientId)',
    );
  }

  return {
    name: 'entra-secret',

    async look(value): Promise<Did<Look>> {
      const deadline = deadlineBy(clock);
      const seen = await application(deadline);
      if (!seen.ok) return seen;
      const current = await currentNow(ports, seen.value, value, deadline);
      return {
        ok: true,
        value: {
          current,
          ours: liveOurs(seen.value, cluster),
          foreign: foreignLines(seen.value, cluster, ports.shown),
        },
      };
    },

    async create(id): Promise<Did<Made> & NotMade> {
      const deadline = deadlineBy(clock);
      const displayName = displayNameFor(id);
      if (rotationOf({ keyId: '', displayName }, cluster) !== id)
        return { ...wrong(`${id} is not the id of a rotation of ${cluster}`), nothingMade: true };
      const seen = await application(deadline);
      if (!seen.ok) return { ...seen, nothingMade: true };
      const ours = liveOurs(seen.value, cluster);
      if (ours.some(({ rotation }) => rotation === id))
        return wrong('this rotation has made a secret already: another turn did it, or one that died');
      if (ours.length >= mostLive) {
        const detail = `the application has ${ours.length} live secrets that rotations made: no more are made`;
        return { ...wrong(detail), nothingMade: true };
      }
      // By Graph's clock: by ours, a skew would shorten or lengthen its life.
      const added = await graph.addPassword(displayName, seen.value.at + ports.lifeMs, deadline);
      if (added.ok) return { ok: true, value: madeOf(added.value) };
      const { code, detail, unchanged } = added;
      return { ok: false, code, detail, ...(unchanged && { nothingMade: true }) };
    },

    async orphans(id, { at }): Promise<Did<Orphans>> {
      const seen = await application(deadlineBy(clock));
      if (!seen.ok) return seen;
      // Its value was told once, to a turn that died: it opens nothing any more and is ended.
      const end = seen.value.secrets
        .filter((secret) => rotationOf(secret, cluster) === id)
        .map(({ keyId }) => keyId);
      const until = at + listedWithinMs;
      if (end.length > 0 || clock.now() >= until) return { ok: true, value: { state: 'known', end } };
      const why = 'Graph lists no secret of this rotation; its list may lag behind by a minute or two';
      return { ok: true, value: { state: 'unseen', until, why } };
    },

    exercise: (fresh, value) => tryIt(ports, application, fresh, value),

    async end(ref): Promise<Did<void>> {
      const deadline = deadlineBy(clock);
      for (let looks = 0; ; looks += 1) {
        const seen = await application(deadline);
        if (!seen.ok) return seen;
        const secret = seen.value.secrets.find(({ keyId }) => sameId(keyId, ref));
        if (secret) {
          if (rotationOf(secret, cluster) !== undefined) return graph.removePassword(secret.keyId, deadline);
          return wrong(`no rotation of ${cluster} made the secret with key id ${ref}: it is people's own`);
        }
        // Made just now, it may not be listed yet: then it would live on, and nobody would know of it.
        if (looks === lookAgain.times) return { ok: true, value: undefined };
        if (deadline.left() <= lookAgain.afterMs) return slow('Graph');
        await clock.sleep(lookAgain.afterMs);
      }
    },
  };
}

const lateAtEntra = { ok: false, code: 'timeout', detail: 'Entra takes too long' } as const;

async function currentNow(
  { login }: EntraSecretPorts,
  application: Application,
  value: Buffer | undefined,
  deadline: Deadline,
): Promise<Look['current']> {
  if (!value) return { state: 'unknown', why: "the seal's secret cannot be read" };
  const candidates = candidatesFor(application, value);
  const tried = await deadline.orLate<Tried<unknown, AzureFailure>>(login(value), lateAtEntra);
  if (tried.ok) return currentOf(candidates);
  const { code, detail } = tried;
  if (code === 'secret-expired') return { state: 'dead', why: detail };
  if (code !== 'secret-invalid') return { state: 'unknown', why: detail };
  return candidates.some(({ startsAt }) => isYoung(startsAt, application.at))
    ? {
        state: 'unknown',
        why: 'Entra refuses it, and may not know it everywhere yet: it was made minutes ago',
      }
    : { state: 'dead', why: detail };
}

async function tryIt(
  ports: EntraSecretPorts,
  application: (deadline: Deadline) => Promise<Did<Application>>,
  fresh: Credential,
  value: Buffer | undefined,
): Promise<Did<void>> {
  if (!value) return { ok: false, code: 'odd', detail: 'there is no value to try' };
  const deadline = deadlineBy(ports.clock);
  const tried = await deadline.orLate<AzureExercise | undefined>(ports.exercise(value), undefined);
  if (!tried) return slow('Entra or Key Vault');
  const { works } = tried;
  if (works.ok) return { ok: true, value: undefined };
  if (works.code !== 'secret-invalid') return failedAs(works);
  // How old it is, is told by Graph's own clock; ours is asked where Graph says nothing.
  const seen = await application(deadline);
  const now = seen.ok ? seen.value.at : ports.clock.now();
  const gone = seen.ok && !seen.value.secrets.some(({ keyId }) => sameId(keyId, fresh.ref));
  if (!isYoung(fresh.madeAt, now)) return { ok: false, code: 'dead', detail: works.detail };
  const detail = gone
    ? 'Graph does not list the new secret yet, and Entra does not know it'
    : 'Entra does not know the new secret everywhere yet: that takes minutes';
  return { ok: false, code: 'not-yet', detail };
}

function isYoung(madeAt: number | undefined, now: number): boolean {
  return madeAt !== undefined && now - madeAt < propagationMs;
}

function madeOf({ keyId, startsAt, endsAt, secret }: AddedSecret): Made {
  let left: Buffer | undefined = secret;
  return {
    fresh: { ref: keyId, madeAt: startsAt, ...(endsAt !== undefined && { endsAt }) },
    value: async () => {
      const given = left;
      left = undefined;
      if (given) return { ok: true, value: given };
      return { ok: false, code: 'odd', detail: 'the value was handed over already: Graph tells it once' };
    },
  };
}

function sameId(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function wrong(detail: string): { ok: false; code: 'wrong'; detail: string } {
  return { ok: false, code: 'wrong', detail };
}
