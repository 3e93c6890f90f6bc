/** Uses a transit seal's own token and key as the next restart will. All I/O of it; ../judge/transit.ts says what it means. */
import type { Seal } from '../../fleet/fleet.ts';
import type { TransitClient } from '../../vault/transit-client.ts';
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
  /** A token of Sealwatch's own at the provider, for the key's versions; undefined: fleet.yaml has no login there. */
  ownToken: ((client: TransitClient) => Promise<Given>) | undefined;
  random: (bytes: number) => Buffer;
  now: () => number;
  /** For one request, ms. */
  timeoutMs: number;
}

interface Asked extends Pick<TransitExercise, 'roundTrip' | 'key'> {
  client: TransitClient;
}

const probeBytes = 32;

export async function exerciseTransit(seal: TransitSeal, ports: TransitPorts): Promise<TransitExercise> {
  const { clients, timeoutMs, now } = ports;
  const token = await ports.token();
  const [first] = clients;
  if (!token.ok || !first) {
    const why = token.ok ? 'its provider has no address' : `the seal's token cannot be read: ${token.why}`;
    const none: Failed = { ok: false, code: 'no-credential', detail: why };
    const address = first?.address ?? '';
    return { address, passedOver: [], roundTrip: none, token: none, rights: none, key: none };
  }
  // All at once: what a dead node costs in time, it costs once.
  const asked = await Promise.all(clients.map((client) => ask(seal, client, token.value, ports)));
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
  const [looked, rights] = await Promise.all([
    lookUp(client, token.value, timeoutMs, now()),
    readRights(client, token.value, timeoutMs, pathsOfInterest(seal)),
  ]);
  return { ...found, token: looked, rights };
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

async function ask(
  seal: TransitSeal,
  client: TransitClient,
  token: string,
  ports: TransitPorts,
): Promise<Asked> {
  const key = await readKey(seal, client, ports);
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
  const answer = await client.key(seal, own.value, { timeoutMs });
  if (!answer.ok) {
    const line = policyLine(`${seal.mount}/keys/${seal.key}`, 'read');
    return failed(answer.error, client, {
      code: 'denied',
      detail: `not read: the login of ${seal.provider} in fleet.yaml needs ${line}`,
    });
  }
  return {
    ok: true,
    value: {
      latestVersion: answer.body.latest_version,
      minDecryptionVersion: answer.body.min_decryption_version,
      deletionAllowed: answer.body.deletion_allowed,
    },
  };
}
