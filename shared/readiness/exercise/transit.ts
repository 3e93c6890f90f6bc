/** Uses a transit seal's own token and key as the next restart will. All I/O of it; ../judge/transit.ts says what it means. */
import type { Clock } from '../../clock.ts';
import type { Seal } from '../../fleet/fleet.ts';
import type { TransitClient } from '../../vault/transit-client.ts';
import { inTime } from './in-time.ts';
import { type AskLeaderSince, readLeaderSince } from './leader-since.ts';
import { lookUp, readRights } from './seal-token.ts';
import type { TransitExercise } from './transit-exercise.ts';
import { type Failed, failed, isAway, policyLine } from './transit-failure.ts';

type TransitSeal = Extract<Seal, { type: 'transit' }>;

/** A reference's value, or why there is none; it rejects for nothing. `note`: what is odd about it. */
export type Given = { ok: true; value: string; note?: string } | { ok: false; why: string };

export interface TransitPorts {
  /** Where the seal reaches its provider: the first of them that serves counts. */
  clients: TransitClient[];
  /** The seal's own. */
  token: () => Promise<Given>;
  /**
   * A token of Sealwatch's own at the provider, for the key's versions; undefined: fleet.yaml has no login there.
   * `refused`: the last one was (403), and another is wanted if there can be one.
   */
  ownToken: ((client: Pick<TransitClient, 'address'>, refused?: boolean) => Promise<Given>) | undefined;
  /** Of the cluster itself; undefined: nobody can be asked. */
  leaderSince?: AskLeaderSince;
  random: (bytes: number) => Buffer;
  clock: Pick<Clock, 'now' | 'elapsed' | 'after' | 'sleep'>;
  /** For one request, ms. */
  timeoutMs: number;
}

interface Asked extends Pick<TransitExercise, 'roundTrip' | 'key'> {
  client: TransitClient;
}

const probeBytes = 32;

/**
 * An election of Raft is over by then (6 s, VAULT-FACTS), and so are most restarts: only who does not serve for so long is
 * told, ms.
 */
const againMs = 10_000;

/**
 * For all that one node is asked in one go, ms: one that hangs in each of login, key, encrypt and decrypt is told as one that does
 * not serve, as a restart would see it, before whoever waits for the exercise gives up (45 s).
 */
const nodeMs = 16_000;
/** Of that for the key's versions, which are Sealwatch's own wish: the seal itself needs no login, ms. */
const keyMs = 6_000;

export async function exerciseTransit(seal: TransitSeal, ports: TransitPorts): Promise<TransitExercise> {
  const { clients, timeoutMs, clock } = ports;
  const token = await ports.token();
  const [first] = clients;
  if (!token.ok || !first) {
    const why = token.ok ? 'its provider has no address' : `the seal's token cannot be read: ${token.why}`;
    const none: Failed = { ok: false, code: 'no-credential', detail: why };
    const address = first?.address ?? '';
    return { address, passedOver: [], roundTrip: none, token: none, rights: none, key: none };
  }
  const asked = await askUntilServed(seal, token.value, ports);
  const { client, roundTrip, key } = theOneThatCounts(asked);
  const found = {
    address: client.address,
    passedOver: passedOver(asked, client),
    roundTrip,
    key,
    ...(token.note !== undefined && { note: token.note }),
  };
  // Who did not serve that will not serve this.
  if (!roundTrip.ok && (isAway(roundTrip.code) || roundTrip.code === 'no-credential'))
    return { ...found, token: roundTrip, rights: roundTrip };
  const late = hangs(client, timeoutMs);
  // Only where versions were given up does it matter what the cluster was wrapped with.
  const isShort = roundTrip.ok && key.ok && key.value.minDecryptionVersion > 1;
  const [looked, rights, leads] = await Promise.all([
    inTime<TransitExercise['token']>(clock, timeoutMs, late, () =>
      ownAt(client, ports).then((own) => lookUp(client, token.value, own, timeoutMs, clock.now())),
    ),
    inTime<TransitExercise['rights']>(clock, timeoutMs, late, () =>
      readRights(client, token.value, timeoutMs, pathsOfInterest(seal)),
    ),
    readLeaderSince(clock, timeoutMs, isShort ? ports.leaderSince : undefined),
  ]);
  return { ...found, ...leads, token: looked, rights };
}

/** All nodes; and once more, where none of them said anything of the credential. */
async function askUntilServed(seal: TransitSeal, token: string, ports: TransitPorts): Promise<Asked[]> {
  const { clients, clock } = ports;
  // All at once: what a dead node costs in time, it costs once.
  const askAll = () => Promise.all(clients.map((client) => askInTime(seal, client, token, ports)));
  const began = clock.elapsed();
  const asked = await askAll();
  const { roundTrip } = theOneThatCounts(asked);
  if (roundTrip.ok || !isAway(roundTrip.code)) return asked;
  // Nodes that hang have used up the time already.
  await clock.sleep(Math.max(0, againMs - (clock.elapsed() - began)));
  return askAll();
}

/** What the seal needs, and what shows that its token may do more. */
export function pathsOfInterest({ mount, key }: TransitSeal): string[] {
  const ofKey = `${mount}/keys/${key}`;
  return [
    `${mount}/encrypt/${key}`,
    `${mount}/decrypt/${key}`,
    ofKey,
    `${ofKey}/config`,
    'auth/token/create',
  ];
}

/** A node that does not serve says nothing of the credential: the answer of one that serves wins. */
function theOneThatCounts(asked: Asked[]): Asked {
  const counts =
    asked.find(({ roundTrip }) => roundTrip.ok) ??
    asked.find(({ roundTrip }) => !roundTrip.ok && !isAway(roundTrip.code)) ??
    asked[0];
  if (!counts) throw new Error('no client to ask');
  return counts;
}

function passedOver(asked: Asked[], counts: TransitClient): string[] {
  return asked.flatMap(({ client, roundTrip }) =>
    client !== counts && !roundTrip.ok ? [roundTrip.detail] : [],
  );
}

function askInTime(
  seal: TransitSeal,
  client: TransitClient,
  token: string,
  ports: TransitPorts,
): Promise<Asked> {
  const late = hangs(client, nodeMs);
  return inTime<Asked>(ports.clock, nodeMs, { client, roundTrip: late, key: late }, () =>
    ask(seal, client, token, ports),
  );
}

function hangs({ address }: TransitClient, ms: number): Failed {
  return {
    ok: false,
    code: 'provider-unreachable',
    detail: `${address} was not done within ${ms / 1000} s: it hangs`,
  };
}

async function ask(
  seal: TransitSeal,
  client: TransitClient,
  token: string,
  ports: TransitPorts,
): Promise<Asked> {
  const key = await inTime<TransitExercise['key']>(ports.clock, keyMs, hangs(client, keyMs), () =>
    readKey(seal, client, ports),
  );
  // A token that may create keys would make a new one, and it would look well: nothing old opens with it.
  if (!key.ok && key.code === 'key-missing') return { client, key, roundTrip: key };
  return { client, key, roundTrip: await tryRoundTrip(seal, client, token, ports) };
}

async function tryRoundTrip(
  seal: TransitSeal,
  client: TransitClient,
  token: string,
  { random, timeoutMs }: TransitPorts,
): Promise<TransitExercise['roundTrip']> {
  const probe = random(probeBytes).toString('base64');
  const encrypted = await client.encrypt(seal, token, probe, { timeoutMs });
  if (!encrypted.ok) return failed(encrypted.error, client, refused('encrypt'));
  const { ciphertext, key_version: said } = encrypted.body;
  const decrypted = await client.decrypt(seal, token, ciphertext, { timeoutMs });
  if (!decrypted.ok) return failed(decrypted.error, client, refused('decrypt'));
  if (decrypted.body.plaintext !== probe) {
    const detail = `key ${seal.key} gave back something else than was encrypted with it`;
    return { ok: false, code: 'key-unusable', detail };
  }
  return { ok: true, value: { keyVersion: said ?? versionOf(ciphertext) } };
}

async function ownAt(client: TransitClient, { ownToken }: TransitPorts): Promise<Given | undefined> {
  return ownToken?.(client);
}

function refused(operation: 'encrypt' | 'decrypt') {
  return { code: `${operation}-denied`, detail: `${operation} is refused (403)` } as const;
}

/** "vault:v3:…" */
function versionOf(ciphertext: string): number {
  return Number(/^vault:v(\d{1,9}):/.exec(ciphertext)?.[1] ?? 0);
}

async function readKey(
  seal: TransitSeal,
  client: TransitClient,
  { ownToken, timeoutMs }: TransitPorts,
): Promise<TransitExercise['key']> {
  const own = ownToken && (await ownToken(client));
  if (!own) {
    const detail = `not read: ${seal.provider} has no login in fleet.yaml`;
    return { ok: false, code: 'no-credential', detail };
  }
  if (!own.ok) return { ok: false, code: 'no-credential', detail: `not read: ${own.why}` };
  let answer = await client.key(seal, own.value, { timeoutMs });
  if (!answer.ok && answer.error.status === 403) {
    // Kept from an earlier exercise, it may have been revoked since.
    const another = await ownToken(client, true);
    if (another.ok && another.value !== own.value)
      answer = await client.key(seal, another.value, { timeoutMs });
  }
  if (!answer.ok) {
    const line = policyLine(`${seal.mount}/keys/${seal.key}`, 'read');
    return failed(answer.error, client, {
      code: 'denied',
      detail: `not read: the login of ${seal.provider} in fleet.yaml needs ${line}`,
    });
  }
  const { latest_version, min_decryption_version, deletion_allowed, keys } = answer.body;
  const madeAt = keys?.[String(min_decryption_version)];
  return {
    ok: true,
    value: {
      latestVersion: latest_version,
      minDecryptionVersion: min_decryption_version,
      ...(typeof madeAt === 'number' && { minMadeAt: madeAt * 1000 }),
      deletionAllowed: deletion_allowed,
    },
  };
}
