/**
 * What Entra and Key Vault refuse with → closed codes in our words. Nothing of what they say goes further than the
 * AADSTS code that is known here (rule 1).
 */
import { z } from 'zod';
import type { AzureFailed, AzureFailure, AzureStep } from './azure-exercise.ts';

/** AADSTS codes (Entra's error code reference) that are the credential's own: the nodes get the same. */
const aadsts: Record<string, { code: AzureFailure; says: string }> = {
  '7000215': {
    code: 'secret-invalid',
    says: 'Entra refuses the client secret: removed, or not the value of one (a line break at its end counts)',
  },
  '7000222': { code: 'secret-expired', says: 'the client secret has expired' },
  '700027': {
    code: 'secret-invalid',
    says: 'Entra refuses the certificate: it is not registered with the application, or has expired',
  },
  '700016': { code: 'app-unknown', says: 'the tenant has no application with the client id' },
  '7000229': { code: 'app-unknown', says: 'the tenant has no service principal of the application' },
  '7000112': { code: 'app-unknown', says: 'the application is disabled in the tenant' },
  '90002': { code: 'tenant-unknown', says: 'Entra knows no such tenant' },
  '900023': { code: 'tenant-unknown', says: 'Entra knows no such tenant' },
  // It may let in from the nodes' network what it refuses here.
  '53003': { code: 'login-refused', says: 'Conditional Access refuses the application from here' },
};

const failed = (code: AzureFailure, detail: string): AzureFailed => ({ ok: false, code, detail });

/** What came back of the token request: a status, or none. */
export interface LoginAnswer {
  status?: number;
  /** Text that may hold an AADSTS code. */
  text: string;
}

export function loginFailure({ status, text }: LoginAnswer): AzureFailed {
  if (status === 429) return failed('throttled', 'Entra throttles the login (429)');
  if (status === undefined || status >= 500) {
    const why = status === undefined ? '' : ` (${status})`;
    return failed('unreachable', `login.microsoftonline.com gives no answer${why}`);
  }
  const number = /AADSTS(\d{4,8})/.exec(text)?.[1] ?? '';
  const known = Object.hasOwn(aadsts, number) ? aadsts[number] : undefined;
  if (known) return failed(known.code, `${known.says} (AADSTS${number})`);
  if (status < 400) return failed('odd', 'login.microsoftonline.com does not answer like Entra');
  return failed(
    'login-refused',
    `Entra refuses the login (${status}) for a reason that need not be the credential`,
  );
}

const thrown = z.looseObject({
  name: z.string().optional(),
  statusCode: z.number().optional(),
  code: z.string().optional(),
  details: z.unknown(),
});
const inner = z.looseObject({
  error: z.looseObject({
    innerError: z.looseObject({ code: z.string() }).optional(),
    innererror: z.looseObject({ code: z.string() }).optional(),
  }),
});

export function keyVaultFailure(
  error: unknown,
  step: AzureStep,
  { vault, key }: { vault: string; key: string },
): AzureFailed {
  // Classes of errors do not parse as objects with zod: their own fields do.
  const { name, statusCode, code, details } = (error instanceof Error ? error : {}) as Record<
    string,
    unknown
  >;
  const parsed = thrown.safeParse({ name, statusCode, code, details });
  const status = parsed.data?.statusCode;
  if (status === undefined) return withoutStatus(parsed.data, vault);
  if (status === 401)
    return failed('denied', `${vault} refuses the token (401): is it a vault of this tenant?`);
  if (status === 403) return forbidden(parsed.data?.details, step, vault, key);
  // 409: the key is being deleted or recovered.
  if (status === 404 || status === 409)
    return failed('key-missing', `${vault} has no key ${key} (${status})`);
  if (status === 429) return failed('throttled', `${vault} throttles (429)`);
  if (status === 408 || status >= 500) return failed('unreachable', `${vault} cannot serve (${status})`);
  if (step === 'unwrapKey' && status === 400)
    return failed('not-unwrapped', `key ${key} does not unwrap what it wrapped (400)`);
  return failed('odd', `${vault} refuses ${step} (${status})`);
}

function withoutStatus(of: z.infer<typeof thrown> | undefined, vault: string): AzureFailed {
  if (of?.name === 'AbortError') return slow('get');
  if (of?.code === 'ENOTFOUND') return failed('unreachable', `${vault} has no address in DNS`);
  if (of?.name === 'RestError' && of.code === 'PARSE_ERROR')
    return failed('odd', `${vault} does not answer like a Key Vault`);
  return failed('unreachable', `${vault} gives no answer`);
}

function forbidden(details: unknown, step: AzureStep, vault: string, key: string): AzureFailed {
  const { innerError, innererror } = inner.safeParse(details).data?.error ?? {};
  switch ((innerError ?? innererror)?.code) {
    case 'KeyDisabled':
      return failed('key-disabled', `the newest version of key ${key} is disabled`);
    case 'ForbiddenByFirewall':
    case 'ForbiddenByConnection':
      return failed('firewall', `${vault} takes no calls from Sealwatch's network (403)`);
    default:
      return failed(
        'denied',
        `${vault} refuses ${step} of key ${key} (403): the right ${step} on keys is missing`,
      );
  }
}

/** An answer that did not come in time. */
export function slow(step: AzureStep): AzureFailed {
  const who = step === 'login' ? 'login.microsoftonline.com' : 'Key Vault';
  return failed('timeout', `${who} did not answer in time: a Vault that starts now would wait for ever`);
}
