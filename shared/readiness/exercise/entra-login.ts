/** A token for Key Vault with a seal's own credential, by @azure/identity. The SDK comes in as an argument: it is loaded on first use. */
import { createPrivateKey } from 'node:crypto';
import type {
  AccessToken,
  ClientCertificateCredential,
  ClientSecretCredential,
  ClientSecretCredentialOptions,
} from '@azure/identity';
import { certificatesIn } from '../../certificates.ts';
import type { Tried } from '../readiness.ts';
import type { AzureFailure, CredentialLife } from './azure-exercise.ts';
import { type LoginAnswer, loginFailure } from './azure-failure.ts';

export interface EntraSdk {
  ClientSecretCredential: typeof ClientSecretCredential;
  ClientCertificateCredential: typeof ClientCertificateCredential;
}

/** What stands in for the real Entra, in tests: an address, and whom to trust. */
export type EntraReplaced = Pick<ClientSecretCredentialOptions, 'authorityHost' | 'tlsOptions'>;

export interface EntraLogin {
  sdk: EntraSdk;
  tenant: string;
  clientId: string;
  /** As the nodes send it: a line break at its end is part of it. */
  credential: { clientSecret: string } | { clientCertificate: string };
  replaced?: EntraReplaced;
}

/** Neither fleet.yaml nor AZURE_AUTHORITY_HOST says where a credential goes (rule 16). */
const authorityHost = 'https://login.microsoftonline.com';
export const keyVaultScope = 'https://vault.azure.net/.default';

type Policy = NonNullable<ClientSecretCredentialOptions['additionalPolicies']>[number];

/** Asks Entra each time: a token that was kept says nothing of the secret. Rejects for nothing. */
export async function logIn(
  login: EntraLogin,
  signal: AbortSignal,
): Promise<Tried<AccessToken, AzureFailure>> {
  const answer: LoginAnswer & { sent: boolean } = { text: '', sent: false };
  try {
    const token = await credentialOf(login, noting(answer, signal)).getToken(keyVaultScope);
    return token ? { ok: true, value: token } : loginFailure({ ...answer, status: answer.status ?? 200 });
  } catch (error) {
    if (!answer.sent) {
      const detail = 'nothing could be sent to Entra with it: a certificate needs its RSA key, unencrypted';
      return { ok: false, code: 'no-credential', detail };
    }
    return loginFailure({ ...answer, text: error instanceof Error ? error.message : '' });
  }
}

function credentialOf({ sdk, tenant, clientId, credential, replaced }: EntraLogin, policy: Policy) {
  const options = {
    authorityHost,
    // The authority is known: nobody is asked whether it is one.
    disableInstanceDiscovery: true,
    ...replaced,
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    additionalPolicies: [policy],
  };
  return 'clientSecret' in credential
    ? new sdk.ClientSecretCredential(tenant, clientId, credential.clientSecret, options)
    : new sdk.ClientCertificateCredential(
        tenant,
        clientId,
        { certificate: credential.clientCertificate },
        options,
      );
}

/** The library hides the status of what it was answered, and does not end with a signal. */
function noting(answer: LoginAnswer & { sent: boolean }, signal: AbortSignal): Policy {
  return {
    // Next to the wire: before anything that parses.
    position: 'perRetry',
    policy: {
      name: 'sealwatch-noting',
      async sendRequest(request, next) {
        request.abortSignal = signal;
        // Before the token, the library may ask where tokens are had.
        const isLogin = request.method === 'POST';
        try {
          const response = await next(request);
          answer.sent ||= isLogin || response.status >= 400;
          answer.status = response.status;
          return response;
        } catch (error) {
          answer.sent = true;
          delete answer.status;
          throw error;
        }
      },
    },
  };
}

/** How long a PEM certificate lives; the key must be beside it. */
export function lifeOfCertificate(pem: string): Tried<CredentialLife, AzureFailure> {
  const [certificate] = certificatesIn(pem) ?? [];
  if (!certificate || !holdsKey(pem)) {
    const detail = 'seal.clientCertificate is not a PEM certificate with its private key';
    return { ok: false, code: 'no-credential', detail };
  }
  const endsAt = certificate.validToDate.getTime();
  return {
    ok: true,
    value: { of: 'certificate', endsAt, lifeMs: endsAt - certificate.validFromDate.getTime() },
  };
}

function holdsKey(pem: string): boolean {
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    // OpenSSL's words are of no use to anybody, and may quote the key.
    return false;
  }
}
