/** The token with which a person's commands call an app: given, or of the Azure login. It is never shown. */
import { userInfo } from 'node:os';
import { decodeJwt } from 'jose';
import { type Context, Refused } from '../context.ts';
import { type ApiApp, isLoopback } from './origin.ts';

/** Each app has a registration of its own: a token for one is none for another. */
export const audienceSettings = {
  recover: 'SEALWATCH_ENTRA_AUDIENCE',
  rotate: 'SEALWATCH_ROTATE_AUDIENCE',
  watch: 'SEALWATCH_WATCH_AUDIENCE',
} as const satisfies Record<ApiApp, string>;

/** @throws Refused with the way to get one. */
export async function personToken(
  { env, world }: Pick<Context, 'env' | 'world'>,
  origin: string,
  app: ApiApp = 'recover',
): Promise<string> {
  const setting = audienceSettings[app];
  const audience = (env[setting] ?? '').trim();
  const given = env.SEALWATCH_TOKEN?.trim();
  if (given) {
    if (isForAnother(given, audience)) {
      throw new Refused(
        `SEALWATCH_TOKEN is for another application than ${app}'s (${setting}): it was not sent`,
      );
    }
    return headerSafe(given);
  }
  if (isLoopback(origin)) {
    throw new Refused(
      'no token: run  export SEALWATCH_TOKEN=$(npm run --silent sealwatch -- token --as NAME --role operate)  in the folder of the embedded host',
    );
  }
  if (!audience) {
    throw new Refused(
      `no token: set ${setting} to the application id of ${app}'s registration and run az login, or set SEALWATCH_TOKEN`,
    );
  }
  const token = await (world.azureToken ?? azureToken)(`api://${audience}/.default`);
  if (token === undefined) {
    throw new Refused(
      `the Azure login gives no token for api://${audience}: run az login, and have the Azure CLI allowed to use the registration of ${app} (${setting})`,
    );
  }
  return headerSafe(token);
}

/**
 * Only what signs people in: an identity of a machine is no person, and no app takes it for one. The scope is `.default`:
 * the Azure CLI takes a resource, and would take any other scope's name for one (@azure/identity, azureCliCredential).
 */
async function azureToken(scope: string): Promise<string | undefined> {
  const sdk = await import('@azure/identity');
  const login = new sdk.ChainedTokenCredential(
    new sdk.AzureCliCredential(),
    new sdk.AzureDeveloperCliCredential(),
    new sdk.AzurePowerShellCredential(),
  );
  try {
    return (await login.getToken(scope)).token;
  } catch {
    // What the tools say can be pages long; the fix is the same.
    return undefined;
  }
}

/** An app that was taken over must not be handed what another one accepts. Without a setting nothing is known. */
function isForAnother(token: string, audience: string): boolean {
  if (audience === '') return false;
  try {
    const { aud } = decodeJwt(token);
    return aud !== undefined && ![aud].flat().some((one) => one === audience || one === `api://${audience}`);
  } catch {
    // Not a JWT: the app will say so.
    return false;
  }
}

function headerSafe(token: string): string {
  if (/^[\w.~+/=-]+$/.test(token)) return token;
  throw new Refused('SEALWATCH_TOKEN is no token: one line, without quotes or "Bearer"');
}

/** Whom the token is of, unverified: a label of who made a blob. Only the app verifies. */
export function personIn(token: string): string {
  try {
    const { tid, oid } = decodeJwt(token);
    if (typeof tid === 'string' && typeof oid === 'string' && /^[\w./-]{1,200}$/.test(tid + oid)) {
      return `${tid}/${oid}`;
    }
  } catch {
    // Not a JWT: the app will say so.
  }
  return `local:${userInfo().username}`;
}
