/** Who calls: the deployment's one issuer, and nothing else, says so (rule 7). */
import { isLinkLocal } from '../fleet/network.ts';
import type { Log } from '../log/log.ts';
import { createKeySetGet } from '../people/jwks-http.ts';
import { createKeySource, type SigningKeys } from '../people/keys.ts';
import type { Person, Role } from '../people/person.ts';
import { requireRole } from '../people/roles.ts';
import { type PeopleSettings, readPeopleSettings } from '../people/settings.ts';
import { verifyPerson } from '../people/token.ts';
import { systemClock } from './clock.ts';
import { embeddedIssuer, type OpenIssuer } from './embedded-issuer.ts';
import { type Environment, SettingsInvalid } from './settings.ts';

const noIssuer =
  'settings: SEALWATCH_ISSUER_FILE: only the embedded host (npm start) has an issuer of its own; remove it and set SEALWATCH_ENTRA_TENANT, SEALWATCH_ENTRA_AUDIENCE and SEALWATCH_ENTRA_CLIENTS';

export type Authenticate = (
  authorization: string | undefined,
  role: Role,
) => Promise<{ ok: true; person: Person } | { ok: false; status: number; code: string; message: string }>;

/**
 * @param openIssuer of the embedded host's own issuer; a package for Azure has none.
 * @throws SettingsInvalid naming every variable that is wrong; none set at all means that nobody has access.
 */
export function createAuthenticate(
  env: Environment,
  log: Log,
  openIssuer: OpenIssuer | undefined = embeddedIssuer(),
): Authenticate {
  const read = readPeopleSettings(env);
  if (!read.ok) throw new SettingsInvalid(`settings: ${read.problems.join('; ')}`);
  const { settings } = read;
  let keys: Promise<SigningKeys> | undefined;
  return async (authorization, role) => {
    if (!settings) {
      return {
        ok: false,
        status: 503,
        code: 'people-not-configured',
        message: 'nobody has access yet: set SEALWATCH_ENTRA_TENANT, _AUDIENCE and _CLIENTS',
      };
    }
    const asked = keys ?? keysOf(settings, log, openIssuer);
    keys = asked;
    // What failed once (a file's mode, say) is tried anew with the next request.
    asked.catch(() => {
      if (keys === asked) keys = undefined;
    });
    const verified = await verifyPerson(authorization, settings.tokens, await asked, systemClock.now());
    if (!verified.ok) return verified;
    const allowed = requireRole(verified.person, role);
    return allowed.ok ? verified : allowed;
  };
}

async function keysOf(
  settings: PeopleSettings,
  log: Log,
  openIssuer: OpenIssuer | undefined,
): Promise<SigningKeys> {
  if (settings.kind === 'local') {
    if (!openIssuer) throw new SettingsInvalid(noIssuer);
    const opened = await openIssuer(settings.issuerFile);
    if (!opened.ok) throw new SettingsInvalid(`settings: SEALWATCH_ISSUER_FILE: ${opened.message}`);
    return opened.issuer.keys;
  }
  const { tokens, keysUrl } = settings;
  return createKeySource({
    url: keysUrl,
    issuer: tokens.issuer,
    tenant: tokens.tenant,
    get: createKeySetGet({ isRefusedAddress: isLinkLocal }),
    clock: systemClock,
    onFailure: (why) => log.warn('signing-keys-not-fetched', { why }),
  });
}
