/**
 * A FAKE of Entra's token endpoint, and says so: client credentials only, by secret or by a certificate's assertion, with
 * Entra's own AADSTS codes. A new secret can take a while to work (propagation). It knows no sign-in and no directory.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { jwtVerify } from 'jose';
import { type Endpoint, startEndpoint } from '../hostile/endpoint.ts';
import { createAuthority } from '../pki.ts';

/** What the endpoint does instead of its work. */
export type EntraFault = { status: number; body?: string } | 'hang' | 'reset';

interface Secret {
  value: string;
  /** Requests that still meet a replica that does not know it. */
  unknownFor: number;
  expired: boolean;
}

export interface FakeTokenEndpoint {
  port: number;
  /** https://localhost:PORT */
  authorityHost: string;
  caPem: string;
  tenant: string;
  clientId: string;
  received: Endpoint['received'];
  /** Adds a secret of the application; it is not known everywhere for the first `unknownFor` requests. */
  addSecret(unknownFor?: number): string;
  /** Whether every replica takes it now. */
  knows(value: string): boolean;
  expireSecret(value: string): void;
  removeSecret(value: string): void;
  /** Registers a PEM certificate with the application. */
  addCertificate(pem: string): void;
  removeCertificates(): void;
  /** Undefined: works again. */
  fail(fault: EntraFault | undefined): void;
  /** Every answer is this AADSTS code. */
  refuse(code: number): void;
  close(): Promise<void>;
}

const says = { 'content-type': 'application/json', 'x-fake': 'not Entra' };

/** @param token what it issues. */
export async function startTokenEndpoint(ids: {
  tenant: string;
  clientId: string;
  token: string;
}): Promise<FakeTokenEndpoint> {
  const { tenant, clientId, token } = ids;
  const authority = await createAuthority('fake Entra CA');
  const certificate = await authority.issue({ names: ['localhost', 'login.microsoftonline.com'] });
  let secrets: Secret[] = [];
  let certificates: X509Certificate[] = [];
  let fault: EntraFault | undefined;
  let refused: number | undefined;

  /** An AADSTS code, or undefined: the token. */
  async function judge(path: string, form: URLSearchParams): Promise<number | undefined> {
    if (refused !== undefined) return refused;
    if (!path.startsWith(`/${tenant}/`)) return 90_002;
    if (form.get('client_id') !== clientId) return 700_016;
    const assertion = form.get('client_assertion');
    if (assertion !== null) return (await isSigned(assertion, certificates)) ? undefined : 700_027;
    const secret = secrets.find(({ value }) => value === form.get('client_secret'));
    if (!secret) return 7_000_215;
    if (secret.unknownFor > 0) {
      secret.unknownFor -= 1;
      return 7_000_215;
    }
    return secret.expired ? 7_000_222 : undefined;
  }

  const endpoint = await startEndpoint({
    certificate,
    behaviour({ path: asked, body, headers }, response, reset) {
      const path = asked.split('?')[0] ?? '';
      const origin = `https://${String(headers.host)}`;
      const answer = (status: number, of: object) => response.writeHead(status, says).end(JSON.stringify(of));
      if (path.startsWith('/common/discovery/instance')) {
        answer(200, discovery(tenant));
      } else if (path.endsWith('/v2.0/.well-known/openid-configuration')) {
        answer(200, metadata(origin, path.split('/')[1] ?? ''));
      } else if (fault === 'reset') reset();
      else if (fault === 'hang') return;
      else if (fault) response.writeHead(fault.status, says).end(fault.body ?? '{}');
      else {
        void judge(path, new URLSearchParams(body)).then((code) =>
          code === undefined
            ? answer(200, { token_type: 'Bearer', expires_in: 3599, access_token: token })
            : answer(code === 90_002 || code === 700_016 ? 400 : 401, refusal(code, body)),
        );
      }
    },
  });

  return {
    port: endpoint.port,
    authorityHost: `https://localhost:${endpoint.port}`,
    caPem: authority.certPem,
    tenant,
    clientId,
    received: endpoint.received,
    addSecret(unknownFor = 0) {
      const value = `fake~${randomBytes(24).toString('base64url')}`;
      secrets.push({ value, unknownFor, expired: false });
      return value;
    },
    knows: (value) => secrets.some((one) => one.value === value && one.unknownFor === 0 && !one.expired),
    expireSecret(value) {
      for (const secret of secrets) if (secret.value === value) secret.expired = true;
    },
    removeSecret(value) {
      secrets = secrets.filter((secret) => secret.value !== value);
    },
    addCertificate(pem) {
      certificates.push(new X509Certificate(pem));
    },
    removeCertificates() {
      certificates = [];
    },
    fail(next) {
      fault = next;
    },
    refuse(code) {
      refused = code;
    },
    close: () => endpoint.close(),
  };
}

async function isSigned(assertion: string, certificates: X509Certificate[]): Promise<boolean> {
  // The library rounds its clock to the next second; Entra takes minutes of skew.
  const options = { clockTolerance: 300 };
  const tried = await Promise.allSettled(
    certificates.map(({ publicKey }) => jwtVerify(assertion, publicKey, options)),
  );
  return tried.some(({ status }) => status === 'fulfilled');
}

/** What Go's library asks first: whether the authority is one. */
function discovery(tenant: string): object {
  const host = 'login.microsoftonline.com';
  return {
    tenant_discovery_endpoint: `https://${host}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}

function metadata(origin: string, tenant: string): object {
  return {
    issuer: `${origin}/${tenant}/v2.0`,
    authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
    jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
  };
}

/** Entra repeats what it was asked: here the whole request, to see that nobody repeats it further. */
function refusal(code: number, body: string): object {
  const error =
    code === 700_016 ? 'unauthorized_client' : code === 90_002 ? 'invalid_request' : 'invalid_client';
  return {
    error,
    error_description: `AADSTS${code}: this is a fake Entra's own sentence, and repeats ${body}. Trace ID: 0`,
    error_codes: [code],
    timestamp: '2026-11-22 02:00:00Z',
    trace_id: 'trace',
    correlation_id: 'correlation',
  };
}
