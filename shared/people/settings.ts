/** Whose word counts: the deployment's settings of people's access, read once. */

/** What a token must say to be a person's (rule 7). */
export interface TokenSettings {
  issuer: string;
  /** `tid` */
  tenant: string;
  /** `aud`: the application id of our own registration; v2 tokens carry nothing else. */
  audience: string;
  /** `azp`: application ids of the clients that may act for people. */
  clients: string[];
  /** One that `scp` must hold. */
  scope: string;
  /** What `oid` looks like: a GUID of Entra, or a name of the embedded host's own issuer. */
  objectId: 'guid' | 'name';
}

export type PeopleSettings =
  | { kind: 'entra'; tokens: TokenSettings; keysUrl: string }
  /** The embedded host's own issuer (./local-issuer.ts). */
  | { kind: 'local'; tokens: TokenSettings; issuerFile: string };

export const guid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const defaultScope = 'Sealwatch.Access';

/** Tokens of the embedded host's own issuer: the same conditions, with values that no Entra tenant can have. */
export const localTokens: TokenSettings = {
  issuer: 'sealwatch-local',
  tenant: 'local',
  audience: 'sealwatch',
  clients: ['sealwatch-cli'],
  scope: defaultScope,
  objectId: 'name',
};

const entraNames = [
  'SEALWATCH_ENTRA_TENANT',
  'SEALWATCH_ENTRA_AUDIENCE',
  'SEALWATCH_ENTRA_CLIENTS',
  'SEALWATCH_ENTRA_SCOPE',
] as const;

/**
 * Every problem at once; none repeats a setting's value. `settings` undefined: none of them is set, so nobody has
 * access. A non-Entra issuer on Azure is a problem: whoever reads its file is anybody.
 */
export function readPeopleSettings(
  env: Record<string, string | undefined>,
): { ok: true; settings: PeopleSettings | undefined } | { ok: false; problems: string[] } {
  // The portal keeps emptied settings as empty text.
  const value = (name: string) => env[name]?.trim() || undefined;
  const issuerFile = value('SEALWATCH_ISSUER_FILE');
  const entra = entraNames.some((name) => value(name) !== undefined);
  const problems: string[] = [];
  if (issuerFile !== undefined && value('WEBSITE_SITE_NAME') !== undefined) {
    problems.push(
      "SEALWATCH_ISSUER_FILE: the embedded host's own issuer does not start on Azure; remove it and set SEALWATCH_ENTRA_TENANT, SEALWATCH_ENTRA_AUDIENCE and SEALWATCH_ENTRA_CLIENTS",
    );
  } else if (issuerFile !== undefined && entra) {
    problems.push('SEALWATCH_ISSUER_FILE: set either this or the SEALWATCH_ENTRA_ settings, not both');
  }
  const read = entra ? readEntra(value) : undefined;
  if (read) problems.push(...read.problems);
  if (problems.length > 0) return { ok: false, problems };
  if (read) return { ok: true, settings: read.settings };
  const settings = issuerFile === undefined ? undefined : { tokens: localTokens, issuerFile };
  return { ok: true, settings: settings && { kind: 'local', ...settings } };
}

function readEntra(value: (name: string) => string | undefined): {
  settings: PeopleSettings;
  problems: string[];
} {
  const problems: string[] = [];
  const tenant = (value('SEALWATCH_ENTRA_TENANT') ?? '').toLowerCase();
  const audience = (value('SEALWATCH_ENTRA_AUDIENCE') ?? '').toLowerCase();
  const clients = (value('SEALWATCH_ENTRA_CLIENTS') ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const scope = value('SEALWATCH_ENTRA_SCOPE') ?? defaultScope;
  if (!guid.test(tenant)) {
    problems.push('SEALWATCH_ENTRA_TENANT: set the tenant id, a GUID: no domain name, not "common"');
  }
  if (!guid.test(audience)) {
    problems.push(
      "SEALWATCH_ENTRA_AUDIENCE: set the application (client) id of Sealwatch's own registration, a GUID without api://",
    );
  }
  if (clients.length === 0) {
    problems.push('SEALWATCH_ENTRA_CLIENTS: name the application ids that people sign in with');
  }
  clients.forEach((client, index) => {
    if (!guid.test(client)) problems.push(`SEALWATCH_ENTRA_CLIENTS: entry ${index + 1} is not a GUID`);
  });
  if (!/^[\w.:-]{1,120}$/.test(scope)) {
    problems.push('SEALWATCH_ENTRA_SCOPE: name one scope, without spaces and without api://');
  }
  const base = `https://login.microsoftonline.com/${tenant}`;
  const tokens: TokenSettings = {
    issuer: `${base}/v2.0`,
    tenant,
    audience,
    clients,
    scope,
    objectId: 'guid',
  };
  // The tenant's own document, not the common one: it holds no key for another tenant's tokens alone.
  return { settings: { kind: 'entra', tokens, keysUrl: `${base}/discovery/v2.0/keys` }, problems };
}
