/** References to secrets: `env:NAME`, `file:/path`, `keyvault:https://VAULT/secrets/NAME[/VERSION]`. */
import type { Limits } from './limits.ts';

export type Reference =
  | { kind: 'env'; name: string }
  | { kind: 'file'; path: string }
  | { kind: 'keyvault'; vault: string; name: string; version?: string };

/** Whether the text means to be a reference; `checkReference` says whether it is a good one. */
export function isReference(text: string): boolean {
  return /^(env|file|keyvault):/.test(text);
}

/** What is wrong with the form of a reference; never repeats it, for it may be a secret in disguise. */
export function checkReference(text: string): string | undefined {
  const parsed = parseReference(text);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** The parts of a reference, or what is wrong with its form. */
export function parseReference(text: string): Reference | string {
  const separator = text.indexOf(':');
  const rest = text.slice(separator + 1);
  switch (text.slice(0, separator)) {
    case 'env':
      return parseEnv(rest);
    case 'file':
      return parseFile(rest);
    case 'keyvault':
      return parseKeyVault(rest);
    default:
      return 'must begin with env:, file: or keyvault:';
  }
}

function parseEnv(name: string): Reference | string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? { kind: 'env', name }
    : 'env: must be followed by the name of a variable: letters, digits and underscores';
}

function parseFile(path: string): Reference | string {
  const segments = path.split('/').slice(1);
  const clean = segments.length > 0 && segments.every((part) => part !== '' && part !== '.' && part !== '..');
  return path.startsWith('/') && clean && !path.includes('\0')
    ? { kind: 'file', path }
    : 'file: must be followed by an absolute path without "..", "." or double slashes';
}

function parseKeyVault(address: string): Reference | string {
  const parts = /^(https:\/\/[^/?#@\s]+)\/secrets\/([0-9A-Za-z-]{1,127})(?:\/([0-9a-f]{32}))?$/.exec(address);
  const [, vault, name, version] = parts ?? [];
  if (vault === undefined || name === undefined || !URL.canParse(vault))
    return 'keyvault: must be followed by https://VAULT/secrets/NAME or https://VAULT/secrets/NAME/VERSION';
  return {
    kind: 'keyvault',
    vault: new URL(vault).origin,
    name,
    ...(version === undefined ? {} : { version }),
  };
}

/**
 * The same for every spelling of a place, and for every version of a secret. Key Vault's names are the same in upper and
 * lower case (Azure, "Vault name and Object name"); paths and variables are not. Of what is no reference: the text itself.
 */
export function placeOf(text: string): string {
  const reference = parseReference(text);
  return typeof reference === 'object' && reference.kind === 'keyvault'
    ? `keyvault:${reference.vault}/secrets/${reference.name.toLowerCase()}`
    : text;
}

/** The address of a Key Vault by its name, as references to its secrets have it. */
export function vaultOrigin(name: string): string {
  return `https://${name.toLowerCase()}.vault.azure.net`;
}

/** Why the deployment's settings do not let this reference be resolved, naming the setting (rule 16). */
export function outsideLimits(reference: Reference, limits: Limits): string | undefined {
  switch (reference.kind) {
    case 'env':
      return reference.name.startsWith(limits.envPrefix) && reference.name !== limits.envPrefix
        ? undefined
        : `the variable's name must begin with ${limits.envPrefix} (setting SEALWATCH_ENV_PREFIX)`;
    case 'file':
      if (limits.fileRoot === undefined)
        return 'file: references are off in this deployment (setting SEALWATCH_FILE_ROOT names the folder)';
      return isInside(limits.fileRoot, reference.path)
        ? undefined
        : `the file must be inside ${limits.fileRoot} (setting SEALWATCH_FILE_ROOT)`;
    case 'keyvault':
      return limits.keyVaults.includes(reference.vault)
        ? undefined
        : `${reference.vault} is not among the vaults that may be read (setting SEALWATCH_KEY_VAULTS)`;
  }
}

/** Whether an absolute path without ".." is below a folder. */
export function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
