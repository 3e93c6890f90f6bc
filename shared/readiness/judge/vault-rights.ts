/** What the identity that a seal signs in with may do at its vault: enough, and no more. Pure. */
import type { GrantedRole, Permissions, VaultPolicies, VaultRights } from '../exercise/vault-facts.ts';
import { controlActions, otherDataActions } from './vault-actions.ts';

export interface JudgedRights {
  /** Rights without which no node unwraps. */
  missing: string[];
  /** What it may do beside, a line each. */
  wide: string[];
  /** A line each. */
  evidence: string[];
}

const ofKeys = 'Microsoft.KeyVault/vaults/keys/';
/** What Vault's client does: get, wrapKey, unwrapKey. */
const neededActions = ['read', 'wrap/action', 'unwrap/action'].map((name) => `${ofKeys}${name}`);
const neededRights = ['get', 'wrapKey', 'unwrapKey'];
/** With roles, whoever may get a key may list its versions: with policies it is no more. */
const harmless = 'list';

/** Shown of many, so that a row stays a row. */
const shown = 8;

/** @param vaultId of the vault, as fleet.yaml has it. */
export function judgeRights(
  { roles, policies }: VaultRights,
  { vaultId, key }: { vaultId: string; key: string },
): JudgedRights {
  const placed = roles.flatMap((role) => {
    const place = placeOf(role.scope, vaultId, key);
    return place === 'elsewhere' ? [] : [{ ...role, place }];
  });
  const evidence = placed
    .slice(0, shown)
    .map(({ name, place }) => `The nodes' identity has the role ${name} ${words[place]}.`);
  const control = placed.flatMap((role) =>
    line(
      role,
      controlActions.filter((action) => may(role, action, 'control')),
    ),
  );
  if (policies) {
    const own = byPolicies(policies);
    return { ...own, wide: [...own.wide, ...control], evidence: [...evidence, ...own.evidence] };
  }
  const data = placed.flatMap((role) => {
    const known = [...otherDataActions, ...named(role)];
    const others =
      role.place === 'below' ? [...known, ...neededActions] : known.filter((action) => !isNeeded(action));
    return line(
      role,
      [...new Set(others)].filter((action) => may(role, action, 'data')),
    );
  });
  const applying = placed.filter(({ place }) => place !== 'below');
  return {
    missing: neededActions.filter((action) => applying.every((role) => !may(role, action, 'data'))),
    wide: [...data, ...control],
    evidence: evidence.length > 0 ? evidence : ["The nodes' identity has no role at the vault."],
  };
}

type Place = 'vault' | 'key' | 'below';
const words: Record<Place, string> = {
  vault: 'at the vault or above it',
  key: 'on the key',
  below: 'on another key or secret of the vault',
};

function placeOf(scope: string, vaultId: string, key: string): Place | 'elsewhere' {
  const [at, vault] = [scope.toLowerCase().replace(/\/+$/, ''), vaultId.toLowerCase()];
  if (at === vault || vault.startsWith(`${at}/`) || at.startsWith('/providers/microsoft.management/'))
    return 'vault';
  if (at === `${vault}/keys/${key.toLowerCase()}`) return 'key';
  return at.startsWith(`${vault}/`) ? 'below' : 'elsewhere';
}

/** What one role gives it gives, whatever others leave out (Azure RBAC, "NotDataActions"). */
function may(
  { permissions }: Pick<GrantedRole, 'permissions'>,
  action: string,
  plane: 'data' | 'control',
): boolean {
  return permissions.some((own) => {
    const [given, taken] = of(own, plane);
    return given.some((one) => covers(one, action)) && !taken.some((one) => covers(one, action));
  });
}

function of(own: Permissions, plane: 'data' | 'control'): [string[], string[]] {
  return plane === 'data' ? [own.dataActions, own.notDataActions] : [own.actions, own.notActions];
}

function covers(pattern: string, action: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  let rest = action.toLowerCase();
  const [first = '', ...others] = parts;
  if (!rest.startsWith(first)) return false;
  rest = rest.slice(first.length);
  const last = others.pop();
  if (last === undefined) return rest === '';
  for (const part of others) {
    const at = rest.indexOf(part);
    if (at < 0) return false;
    rest = rest.slice(at + part.length);
  }
  return rest.endsWith(last);
}

/** Actions of Key Vault that a role names in full: also those that are younger than this file. */
function named({ permissions }: GrantedRole): string[] {
  return permissions
    .flatMap(({ dataActions }) => dataActions)
    .filter((action) => /^microsoft\.keyvault\/[a-z/]{1,80}$/i.test(action));
}

function isNeeded(action: string): boolean {
  return neededActions.some((needed) => needed.toLowerCase() === action.toLowerCase());
}

function line({ name, place }: { name: string; place: Place }, actions: string[]): string[] {
  return actions.length === 0 ? [] : [`By the role ${name} ${words[place]} it may also ${listed(actions)}.`];
}

function byPolicies({ keys, others, ofOthers }: VaultPolicies): JudgedRights {
  const has = (rights: string[], right: string) =>
    rights.some((one) => [right.toLowerCase(), 'all'].includes(one.toLowerCase()));
  const lacks = neededRights.filter((right) => !has(keys, right));
  // Whether it is in a group that another policy names, nothing here says.
  const maybe = lacks.filter((right) => has(ofOthers, right));
  const known = [...neededRights, harmless].map((right) => right.toLowerCase());
  const more = [
    ...keys.filter((right) => !known.includes(right.toLowerCase())).map((right) => `${right} on keys`),
    ...others,
  ].filter((text) => /^[a-z]{1,32} on [a-z ]+$/i.test(text));
  return {
    missing: lacks
      .filter((right) => !maybe.includes(right))
      .map((right) => `${right} on keys (access policy)`),
    wide: more.length === 0 ? [] : [`By its access policy it may also ${listed(more)}.`],
    evidence: [
      'The vault goes by access policies.',
      ...(maybe.length === 0
        ? []
        : [
            `Whether the nodes' identity may ${maybe.join(', ')} is not seen: only policies of others allow it, which may be groups.`,
          ]),
    ],
  };
}

function listed(actions: string[]): string {
  const rest = actions.length - shown;
  return `${actions.slice(0, shown).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
