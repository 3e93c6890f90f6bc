/** The token with which a person's commands call recover: given, or of the Azure login. It is never shown. */
import { userInfo } from 'node:os';
import { decodeJwt } from 'jose';
import { type Context, Refused } from '../context.ts';
import { isLoopback } from './origin.ts';

/** @throws Refused with the way to get one. */
export async function personToken(
  { env, world }: Pick<Context, 'env' | 'world'>,
  origin: string,
): Promise<string> {
  const given = env.SEALWATCH_TOKEN?.trim();
  if (given) return headerSafe(given);
  if (isLoopback(origin)) {
    throw new Refused(
      'no token: run  export SEALWATCH_TOKEN=$(npm run --silent sealwatch -- token --as NAME --role operate)  in the folder of the embedded host',
    );
  }
  const audience = env.SEALWATCH_ENTRA_AUDIENCE?.trim();
  if (!audience) {
    throw new Refused(
      "no token: set SEALWATCH_ENTRA_AUDIENCE to the application id of Sealwatch's registration and run az login, or set SEALWATCH_TOKEN",
    );
  }
  const token = await (world.azureToken ?? azureToken)(`api://${audience}/.default`);
  if (token === undefined) {
    throw new Refused(
      `the Azure login gives no token for api://${audience}: run az login, and have the Azure CLI allowed to use Sealwatch's registration`,
    );
  }
  return headerSafe(token);
}

/**
 * Only what signs people in: an identity of a machine is no person, and recover refuses it. The scope is `.default`:
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

function headerSafe(token: string): string {
  if (/^[\w.~+/=-]+$/.test(token)) return token;
  throw new Refused('SEALWATCH_TOKEN is no token: one line, without quotes or "Bearer"');
}

/** Whom the token is of, unverified: a label of who made a blob. Recover alone verifies. */
export function personIn(token: string): string {
  try {
    const { tid, oid } = decodeJwt(token);
    if (typeof tid === 'string' && typeof oid === 'string' && /^[\w./-]{1,200}$/.test(tid + oid)) {
      return `${tid}/${oid}`;
    }
  } catch {
    // Not a JWT: recover will say so.
  }
  return `local:${userInfo().username}`;
}
