/**
 * The key with which a transit seal is wrapped: a new version, which consumers take up when they restart or step down. Old
 * versions stay (rule 11); whether they still decrypt is the minimum's, which is only ever raised.
 */
import type { Given } from '../../readiness/exercise/transit.ts';
import type { RotationClient } from '../../vault/rotation-client.ts';
import type { TransitKey } from '../../vault/transit-client.ts';
import type { Credential, Did, Kind, Look, Made, NotMade, Orphans } from '../rotation.ts';
import {
  asOurselves,
  done,
  failure,
  firstThatServes,
  type InCall,
  inCall,
  lacks,
  madeNothing,
  type ProviderPorts,
  theOneThatServes,
} from './transit-provider.ts';
import { roundTrip } from './transit-round-trip.ts';

export interface TransitKeyPorts extends ProviderPorts {
  /** The seal's own: rotate's login may not encrypt. */
  sealToken: () => Promise<Given>;
}

export function transitKey(ports: TransitKeyPorts): Kind {
  return {
    name: 'transit-key',
    look: () => look(inCall(ports)),
    create: () => create(inCall(ports)),
    orphans: (_id, { before }) => orphans(before, inCall(ports)),
    exercise: (fresh, value) => exercise(fresh, value, inCall(ports)),
    raiseMinimum: (to) => raiseMinimum(to, inCall(ports)),
  };
}

type KeyCall = InCall<TransitKeyPorts>;
type Version = NonNullable<Look['versions']>[number];

async function look(ports: KeyCall): Promise<Did<Look>> {
  const key = await readKey(ports);
  const nothing = { ours: [], foreign: [] };
  if (!key.ok) {
    const isGone = key.code === 'wrong';
    return isGone ? { ok: true, value: { current: { state: 'dead', why: key.detail }, ...nothing } } : key;
  }
  const versions = versionsOf(key.value);
  const newest = versions.at(-1);
  if (!newest) return oddKey(ports);
  const current = { state: 'works', ref: newest.version, madeAt: newest.madeAt, renewable: false } as const;
  return { ok: true, value: { current, ...nothing, versions, minimum: key.value.min_decryption_version } };
}

/** Oldest first. Those below the minimum are not shown by Vault. Of asymmetric keys, which seal nothing: none. */
function versionsOf({ keys = {}, min_decryption_version }: TransitKey): Version[] {
  const versions = Object.entries(keys).flatMap(([version, madeAt]) =>
    /^[1-9]\d{0,8}$/.test(version) && typeof madeAt === 'number'
      ? [{ version, madeAt: madeAt * 1000, enabled: Number(version) >= min_decryption_version }]
      : [],
  );
  return versions.toSorted((one, two) => Number(one.version) - Number(two.version));
}

async function create(ports: KeyCall): Promise<Did<Made> & NotMade> {
  const read = await theOneThatServes(ports, (client) => readKeyAt(client, ports));
  if (!read.ok) return { ...read, nothingMade: true };
  const { client, said: before } = read.value;
  const path = `${ports.mount}/keys/${ports.key}/rotate`;
  const rotated = await asOurselves(
    client,
    ports,
    (token, options) => client.rotateKey(ports, token, options),
    `rotation ${lacks(ports, path, 'update')}`,
    'change',
  );
  if (!rotated.ok) {
    const { code, detail, error } = rotated;
    return { ...failure(code, detail), ...(madeNothing(error) && { nothingMade: true }) };
  }
  const after = await readKey(ports);
  if (!after.ok) return after;
  if (after.value.latest_version <= before.latest_version)
    return failure(
      'wrong',
      `${ports.provider} says that it rotated key ${ports.key}, and it has no newer version`,
    );
  const fresh = newestOf(after.value);
  return fresh ? { ok: true, value: { fresh } } : oddKey(ports);
}

function newestOf(key: TransitKey): Credential | undefined {
  const newest = versionsOf(key).at(-1);
  return newest && { ref: newest.version, madeAt: newest.madeAt };
}

/** @param before the newest version when the creation was noted. */
async function orphans(before: string | undefined, ports: KeyCall): Promise<Did<Orphans>> {
  const key = await readKey(ports);
  if (!key.ok) return key;
  const fresh = newestOf(key.value);
  if (!fresh) return oddKey(ports);
  // Whoever made it: a version that is newer is what was wanted.
  const isNewer = before !== undefined && Number(fresh.ref) > Number(before);
  return { ok: true, value: isNewer ? { state: 'adopt', fresh } : { state: 'known', end: [] } };
}

/** With the newest version, as a seal wraps: a node of the provider that lags behind has an older one. */
async function exercise(fresh: Credential, value: Buffer | undefined, ports: KeyCall): Promise<Did<void>> {
  const given = value ? { ok: true as const, value: value.toString() } : await sealToken(ports);
  if (given === 'late') return failure('unreachable', "the seal's token is not read in time");
  if (!given.ok) return failure('not-configured', `the seal's token cannot be read: ${given.why}`);
  const tried = await firstThatServes(ports, (client) => roundTrip(client, given.value, ports));
  if (!tried.ok) return tried;
  if (tried.value >= Number(fresh.ref)) return done;
  return failure(
    'not-yet',
    `${ports.provider} still encrypts with version ${tried.value} of key ${ports.key}`,
  );
}

function sealToken({ sealToken, deadline }: KeyCall): Promise<Given | 'late'> {
  return deadline.orLate<Given | 'late'>(sealToken(), 'late');
}

async function raiseMinimum(to: number, ports: KeyCall): Promise<Did<void>> {
  const key = await readKey(ports);
  if (!key.ok) return key;
  const { min_decryption_version: minimum, latest_version: latest } = key.value;
  // The same request would lower it.
  if (minimum >= to) return done;
  if (to > latest)
    return failure(
      'wrong',
      `key ${ports.key} has no version ${to}: the newest is ${latest}, and the minimum stays ${minimum}`,
    );
  const path = `${ports.mount}/keys/${ports.key}/config`;
  return firstThatServes(ports, async (client): Promise<Did<void>> => {
    const set = await asOurselves(
      client,
      ports,
      (token, options) => client.setMinimum(ports, to, token, options),
      `a new minimum ${lacks(ports, path, 'update')}`,
      'change',
    );
    return set.ok ? done : failure(set.code, set.detail);
  });
}

function readKey(ports: KeyCall): Promise<Did<TransitKey>> {
  return firstThatServes(ports, (client) => readKeyAt(client, ports));
}

async function readKeyAt(client: RotationClient, ports: KeyCall): Promise<Did<TransitKey>> {
  const path = `${ports.mount}/keys/${ports.key}`;
  const { error, ...did } = await asOurselves(
    client,
    ports,
    (token, options) => client.key(ports, token, options),
    `key ${ports.key} ${lacks(ports, path, 'read')}`,
  );
  if (did.ok || error?.status !== 404) return did;
  return failure('wrong', `${ports.provider} has no transit key ${ports.key} (404)`);
}

function oddKey({ provider, key }: TransitKeyPorts): Did<never> {
  return failure(
    'wrong',
    `transit key ${key} of ${provider} does not show when its versions were made: no seal uses such a key`,
  );
}
