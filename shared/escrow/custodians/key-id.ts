/** The one key of a custodian, and whether a key id is one of its versions. */

export interface OwnKey {
  /** https://VAULT.vault.azure.net */
  vault: string;
  name: string;
  /** The version in a key id of this very vault and key; undefined: it is another's, or no versioned key id. */
  versionOf(keyId: string): string | undefined;
}

/** Undefined: not https://VAULT/keys/NAME. */
export function ownKeyOf(key: string): OwnKey | undefined {
  const [, vault, name] = /^(https:\/\/[^/?#@\s]+)\/keys\/([A-Za-z0-9-]+)$/.exec(key) ?? [];
  if (vault === undefined || name === undefined || !URL.canParse(vault)) return undefined;
  const { origin } = new URL(vault);
  return {
    vault: origin,
    name,
    versionOf(keyId) {
      const [, itsVault, itsName, version] =
        /^(https:\/\/[^/?#@\s]+)\/keys\/([A-Za-z0-9-]+)\/([A-Za-z0-9]+)$/.exec(keyId) ?? [];
      if (itsVault === undefined || itsName === undefined || !URL.canParse(itsVault)) return undefined;
      // Key Vault takes names in any case, and answers with the case they were made in.
      if (new URL(itsVault).origin !== origin || itsName.toLowerCase() !== name.toLowerCase())
        return undefined;
      return version;
    },
  };
}
