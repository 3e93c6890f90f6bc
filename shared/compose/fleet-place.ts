/**
 * What SEALWATCH_FLEET names: a file, or a blob. It is a setting of the deployment, so fleet.yaml cannot say where fleet.yaml
 * is (rule 16); and it is logged, so it can hold no secret.
 */
import { isLoopback } from '../fleet/network.ts';

export interface BlobPlace {
  /** Address of the account's blob service, without a slash at the end. */
  account: string;
  /** Whether that is the account of SEALWATCH_STORAGE: another one is never shown its key. */
  own: boolean;
  container: string;
  blob: string;
}

/** `shown`: for messages. */
export type FleetPlace = { shown: string; blob?: BlobPlace };

/**
 * Where Azure's blob services are. The SDK sends a token for Storage to whatever host it is told, and a host that is not
 * one could use it, and ask for one of another audience by its challenge.
 */
const blobHost =
  /^[a-z0-9-]+\.(blob\.core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)|z\d{1,2}\.blob\.storage\.azure\.net)$/;
// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
const containerName = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;

const form = 'https://ACCOUNT.blob.core.windows.net/CONTAINER/BLOB';

export function isFleetUrl(setting: string): boolean {
  return /^\s*([a-z][a-z0-9+.-]*:\/\/|https?:)/i.test(setting);
}

/**
 * @param ownAccount address of the data account's blob service.
 * @returns a problem that begins with the variable's name and has nothing of its value.
 */
export function readFleetPlace(
  setting: string,
  ownAccount: string | undefined,
): { ok: true; place: FleetPlace } | { ok: false; problem: string } {
  if (!isFleetUrl(setting)) return { ok: true, place: { shown: setting } };
  if (!URL.canParse(setting)) return no(`is not an address like ${form}`);
  const url = new URL(setting);
  if (url.username !== '' || url.password !== '') {
    return no(`must have no user name or password: this setting is logged. ${identity}`);
  }
  if (/[?#]/.test(setting)) {
    return no(`must end with the blob's name: a SAS is a secret, and this setting is logged. ${identity}`);
  }
  const at = accountOf(url, ownAccount);
  if ('problem' in at) return no(at.problem);
  const [container = '', ...rest] = decoded(at.rest).split('/');
  const blob = rest.join('/');
  if (!containerName.test(container) || rest.length === 0 || rest.some((part) => /^\.{0,2}$|\\/.test(part))) {
    return no(`must name a container and a blob in it, as ${form} does`);
  }
  return {
    ok: true,
    place: { shown: url.href, blob: { account: at.account, own: at.own, container, blob } },
  };
}

const identity = "Give the app's identity Storage Blob Data Reader on the container instead";

function accountOf(
  url: URL,
  ownAccount: string | undefined,
): { account: string; own: boolean; rest: string } | { problem: string } {
  const own = ownAccount && URL.canParse(ownAccount) ? new URL(ownAccount) : undefined;
  const base = own?.pathname.replace(/\/*$/, '/') ?? '/';
  if (own && url.origin === own.origin && url.pathname.startsWith(base)) {
    return { account: `${own.origin}${base.slice(0, -1)}`, own: true, rest: url.pathname.slice(base.length) };
  }
  if (url.protocol === 'http:' && isLoopback(url.hostname)) {
    return { problem: 'is on this machine, but not in the account of SEALWATCH_STORAGE: name that one' };
  }
  if (url.protocol !== 'https:') return { problem: `must be a path, or begin with https://: ${form}` };
  if (url.port !== '' || !blobHost.test(url.hostname)) {
    return {
      problem: `names a host that is neither a blob service of Azure (${form}) nor that of SEALWATCH_STORAGE: no token is sent there`,
    };
  }
  return { account: url.origin, own: false, rest: url.pathname.slice(1) };
}

/** Empty: it is no text. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

/** Address of the blob service that a deployment's storage settings name. */
export function blobServiceOf(storage: { connectionString?: string; blobs?: string }): string | undefined {
  const { connectionString, blobs } = storage;
  if (connectionString === undefined) return blobs;
  if (/UseDevelopmentStorage=true/i.test(connectionString)) return 'http://127.0.0.1:10000/devstoreaccount1';
  const part = (name: string) => new RegExp(`(?:^|;)\\s*${name}=([^;]+)`, 'i').exec(connectionString)?.[1];
  const named = part('BlobEndpoint');
  const account = part('AccountName');
  if (named !== undefined || account === undefined) return named;
  const scheme = part('DefaultEndpointsProtocol') ?? 'https';
  return `${scheme}://${account}.blob.${part('EndpointSuffix') ?? 'core.windows.net'}`;
}

function no(problem: string): { ok: false; problem: string } {
  return { ok: false, problem: `SEALWATCH_FLEET: ${problem}` };
}
