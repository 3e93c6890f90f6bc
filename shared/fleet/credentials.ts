/** What unseals a cluster, named so that clusters which share it have the same name for it. Pure. */
import type { Seal, SinkEntry } from './fleet.ts';
import { placeOf, vaultOrigin } from './reference.ts';

/**
 * Of every seal, also of one that is not whole. Undefined: it has none such, or nobody knows which.
 *
 * Names in Key Vault are the same in upper and lower case (Azure, "Vault name and Object name"): the same name here.
 */
export const credentialNames = {
  'transit-token': (seal: PartialSeal) =>
    seal.type === 'transit' && seal.token !== undefined && seal.provider !== undefined
      ? tokenAt(seal.provider, placeOf(seal.token))
      : undefined,
  'transit-key': (seal: PartialSeal) =>
    seal.type === 'transit' &&
    seal.mount !== undefined &&
    seal.key !== undefined &&
    seal.provider !== undefined
      ? `key ${seal.mount}/${seal.key} at ${seal.provider}`
      : undefined,
  'entra-secret': (seal: PartialSeal) =>
    seal.type === 'azurekeyvault' &&
    seal.tenant !== undefined &&
    seal.clientId !== undefined &&
    // Neither signs in with a secret.
    seal.identity === undefined &&
    seal.clientCertificate === undefined
      ? `client secret of application ${seal.clientId} in tenant ${seal.tenant}`
      : undefined,
  'keyvault-key': (seal: PartialSeal) =>
    seal.type === 'azurekeyvault' && seal.vault !== undefined && seal.key !== undefined
      ? keyIn(seal.vault, seal.key)
      : undefined,
};

/** What a token or client secret is tried with, which those who share it need not share unless it is rotated. Undefined: nothing is known, or needed. */
export const triedWith = {
  'transit-token': (seal: PartialSeal) =>
    seal.type === 'transit' && seal.mount !== undefined && seal.key !== undefined
      ? `key ${seal.mount}/${seal.key}`
      : undefined,
  'entra-secret': (seal: PartialSeal) => credentialNames['keyvault-key'](seal),
  'transit-key': () => undefined,
  'keyvault-key': () => undefined,
};

/** A token is known by where it is read from, and by who knows it. */
export const tokenAt = (provider: string, place: string): string =>
  `token at ${provider}, read from ${place}`;

const keyIn = (vault: string, key: string) => `key ${key.toLowerCase()} in Key Vault ${vault.toLowerCase()}`;

type WrittenSink =
  | { kind: 'keyVaultSecret'; vault: string; secret: string }
  | { kind: 'file'; path: string }
  | { kind: 'webhook' };

/** What a sink writes, as `placeOf` names it. Undefined: it is only told. */
export function writtenBy(sink: WrittenSink): { live: string; beside: string[] } | undefined {
  const slots = slotsOf(sink);
  if (!slots) return undefined;
  const [live, ...beside] = slots.map((slot) => placeOf(slot));
  return live === undefined ? undefined : { live, beside };
}

/** @param sink of fleet.yaml (a vault's name) or of the Fleet (its address). */
function slotsOf(sink: WrittenSink): string[] | undefined {
  if (sink.kind === 'webhook') return undefined;
  if (sink.kind === 'file') return ['', '.next', '.previous'].map((slot) => `file:${sink.path}${slot}`);
  const vault = sink.vault.includes('/') ? sink.vault : vaultOrigin(sink.vault);
  return ['', '-next', '-previous'].map((slot) => `keyvault:${vault}/secrets/${sink.secret}${slot}`);
}

/** Where a seal reads what sinks deliver, in fleet.yaml's words. Undefined: nowhere that is known. */
export function ownReference(
  seal: PartialSeal,
): { field: 'token' | 'clientSecret'; reference: string } | undefined {
  if (seal.type === 'transit' && seal.token !== undefined) return { field: 'token', reference: seal.token };
  if (seal.type === 'azurekeyvault' && seal.clientSecret !== undefined)
    return { field: 'clientSecret', reference: seal.clientSecret };
  return undefined;
}

/** Places whose value a rotation replaces for whoever starts next: what its sinks write live. */
export function livePlaces(sinks: readonly (WrittenSink | SinkEntry | undefined)[]): string[] {
  return sinks.flatMap((sink) => {
    const written = sink && writtenBy(sink);
    return written ? [written.live] : [];
  });
}

type Transit = Extract<Seal, { type: 'transit' }>;
export type PartialSeal =
  | Exclude<Seal, Transit>
  | ({ type: 'transit' } & { [Key in keyof Transit]?: Transit[Key] });
