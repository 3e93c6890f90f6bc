/** A provider of a transit seal on loopback, over TLS, that does to its clients what each path is told to. */
import { answer, echo } from '../fakes/hostile/behaviours.ts';
import { type Behaviour, type Endpoint, type Received, startEndpoint } from '../fakes/hostile/endpoint.ts';
import type { IssuedCertificate } from '../fakes/pki.ts';

export type Asked = 'encrypt' | 'decrypt' | 'lookup-self' | 'capabilities-self' | 'keys' | 'login';

/** What is not named is answered as a real Vault does. */
export type Manners = Partial<Record<Asked, Behaviour>>;

export interface Provider extends Endpoint {
  manners(next: Manners): void;
  /** What was asked for, in order. */
  asked(): string[];
}

const data = (body: unknown) => answer(200, { data: body });

/** Reversible, and no more than that. */
const encrypt: Behaviour = (request, ...rest) => {
  const { plaintext } = JSON.parse(request.body) as { plaintext: string };
  data({ ciphertext: `vault:v2:${plaintext}`, key_version: 2 })(request, ...rest);
};
const decrypt: Behaviour = (request, ...rest) => {
  const { ciphertext } = JSON.parse(request.body) as { ciphertext: string };
  data({ plaintext: ciphertext.split(':')[2] })(request, ...rest);
};
const rights: Behaviour = (request, ...rest) => {
  const { paths } = JSON.parse(request.body) as { paths: string[] };
  const may = (path: string) => (path.includes('crypt/') ? ['update'] : ['deny']);
  data(Object.fromEntries(paths.map((path) => [path, may(path)])))(request, ...rest);
};

export const tokenBody = {
  ttl: 80_000,
  period: 86_400,
  creation_ttl: 86_400,
  creation_time: 1_795_000_000,
  explicit_max_ttl: 0,
  orphan: true,
  renewable: true,
  policies: ['default', 'seal-payments'],
};

export const usualKeys = data({ latest_version: 2, min_decryption_version: 1, deletion_allowed: false });

/** A login that gives this token, for long. */
export const givesToken = (token: string): Behaviour =>
  answer(200, { auth: { client_token: token, lease_duration: 86_400, renewable: true } });

const usual: Required<Manners> = {
  encrypt,
  decrypt,
  'lookup-self': data(tokenBody),
  'capabilities-self': rights,
  keys: usualKeys,
  login: givesToken('hvs.of-a-login'),
};

export async function startProvider(certificate: IssuedCertificate, port = 0): Promise<Provider> {
  let manners = usual;
  const behaviour: Behaviour = (request, ...rest) =>
    (manners[askedFor(request)] ?? echo(404))(request, ...rest);
  const endpoint = await startEndpoint({ certificate, behaviour, port });
  return Object.assign(endpoint, {
    manners(next: Manners) {
      manners = { ...usual, ...next };
    },
    asked: () => endpoint.received.map(askedFor),
  });
}

function askedFor({ path }: Received): Asked {
  const parts = path.split('/');
  return (parts[2] === 'transit' ? parts[3] : parts.at(-1)) as Asked;
}
