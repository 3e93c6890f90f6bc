/** Values of a template that is deployed: what it says, and names for what only Azure knows. */

/** A value that Azure makes: named for where it would come from. */
export class Later {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** A resource, made or existing. */
export class Made {
  /** Without its version. */
  readonly type: string;
  /** With those of its parents: `account/default/live`. */
  readonly name: string;
  /** Within the resource group, without the provider: `storageAccounts/account/tableServices/default/tables/live`. */
  readonly id: string;
  readonly fields: Record<string, Known>;
  /** `PATH NAME` of its declaration. */
  readonly declared: string;

  constructor(type: string, name: string, fields: Record<string, Known>, declared: string) {
    const names = name.split('/');
    this.declared = declared;
    this.type = type;
    this.name = name;
    this.fields = fields;
    this.id = type
      .split('/')
      .slice(1)
      .map((part, at) => `${part}/${names[at]}`)
      .join('/');
  }
}

/** A module that was deployed. */
export class Part {
  readonly outputs: (name: string) => Known;

  constructor(outputs: (name: string) => Known) {
    this.outputs = outputs;
  }
}

export type Known =
  | string
  | number
  | boolean
  | null
  | Known[]
  | { [name: string]: Known }
  | Later
  | Made
  | Part
  | OutputsOf;

export class OutputsOf {
  readonly of: Part;

  constructor(of: Part) {
    this.of = of;
  }
}

export function isObject(value: Known | undefined): value is { [name: string]: Known } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Later || value instanceof Made || value instanceof Part || value instanceof OutputsOf)
  );
}

export function listOf(value: Known): Known[] {
  if (!Array.isArray(value)) throw new Error(`no list: ${shown(value)}`);
  return value;
}

/** As a part of a string. */
export function shown(value: Known): string {
  if (value instanceof Later) return `{${value.path}}`;
  if (value instanceof Made) return value.id;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `of.name` or `of[name]`. */
export function memberOf(of: Known, name: string | number): Known {
  if (of instanceof Later) return new Later(`${of.path}.${name}`);
  if (of instanceof Part && name === 'outputs') return new OutputsOf(of);
  if (of instanceof OutputsOf) return of.of.outputs(String(name));
  if (of instanceof Made) {
    if (name === 'id' || name === 'name') return of[name];
    return new Later(`${of.id}.${name}`);
  }
  const found = Array.isArray(of) ? of[Number(name)] : isObject(of) ? of[name] : undefined;
  if (found === undefined) throw new Error(`${shown(of).slice(0, 80)} has no ${name}`);
  return found;
}

/** Like Azure it shows what it cannot read. */
function jsonOf(text: string): Known {
  try {
    return JSON.parse(text) as Known;
  } catch (cause) {
    throw new Error(`no JSON: ${text}`, { cause });
  }
}

/** Bicep's functions, as far as infra/ uses them. */
export function call(name: string, given: Known[]): Known {
  const [first = null, second = null] = given;
  switch (name) {
    case 'guid':
      return `guid(${given.map(shown).join(' ')})`;
    case 'uniqueString':
      return 'unique';
    case 'utcNow':
      return 'now';
    case 'dateTimeAdd':
      return `${shown(first)} and ${shown(second)}`;
    case 'resourceGroup':
      return { id: 'the resource group', name: 'group', location: 'here' };
    case 'subscription':
      return { id: 'the subscription', subscriptionId: 'subscription' };
    case 'tenant':
      return { tenantId: 'tenant' };
    case 'environment':
      return { suffixes: { storage: 'core.windows.net', keyvaultDns: '.vault.azure.net' } };
    case 'subscriptionResourceId':
      return `${shown(first).split('/').at(-1)}/${shown(second)}`;
    case 'empty':
      return first === '' || first === null || Object.keys(first as object).length === 0;
    case 'concat':
      return given.flatMap(listOf);
    case 'join':
      return listOf(first).map(shown).join(shown(second));
    case 'split':
      return shown(first).split(shown(second));
    case 'length':
      return listOf(first).length;
    case 'json':
      return jsonOf(shown(first));
    case 'string':
      return shown(first);
    case 'toLower':
      return shown(first).toLowerCase();
    case 'union':
      return Object.assign({}, ...given);
    default:
      throw new Error(`${name} is not known here: add it to test/infra/bicep/known.ts`);
  }
}
