/** Which keys are allowed at a path of fleet.yaml, read from its JSON schema. */
import type { z } from 'zod';
import type { Path } from './problem.ts';
import { fleetJsonSchema } from './schema.ts';

type Schema = z.core.JSONSchema.BaseSchema;

export interface Keys {
  /** Allowed here, as far as the kind of thing is known. */
  here: string[];
  /** Allowed for other kinds: key → "kind: webhook". */
  elsewhere: Map<string, string>;
}

let schema: Schema | undefined;

/** Keys of the map at a path; `value` is the whole file as read, to tell which kind of thing stands there. */
export function keysAt(path: Path, value: unknown): Keys {
  schema ??= fleetJsonSchema();
  let own: Schema | undefined = schema;
  let here = value;
  for (const part of path) {
    own = child(own, part);
    here = isMap(here) || Array.isArray(here) ? (here as Record<string | number, unknown>)[part] : undefined;
  }
  if (own?.oneOf === undefined)
    return { here: Object.keys(mapOf(own)?.properties ?? {}), elsewhere: new Map() };
  const kinds = own.oneOf.filter(isSchema);
  const matching = kinds.filter((kind) => isMap(here) && agrees(kind, here));
  const allowed = new Set(
    (matching.length > 0 ? matching : kinds).flatMap((kind) => Object.keys(kind.properties ?? {})),
  );
  const elsewhere = new Map<string, string>();
  for (const kind of kinds)
    for (const key of Object.keys(kind.properties ?? {}))
      if (!allowed.has(key)) elsewhere.set(key, label(kind));
  return { here: [...allowed], elsewhere };
}

function child(own: Schema | undefined, part: string | number): Schema | undefined {
  const map = mapOf(own);
  if (typeof part === 'number') return isSchema(map?.items) ? map.items : undefined;
  const named = map?.properties?.[part] ?? map?.additionalProperties;
  return isSchema(named) ? named : undefined;
}

/** Of "an address or a map" the map. */
function mapOf(own: Schema | undefined): Schema | undefined {
  return own?.anyOf?.filter(isSchema).find((option) => option.type === 'object') ?? own;
}

/** Whether a map's discriminator has the value of this kind. */
function agrees(kind: Schema, map: Record<string, unknown>): boolean {
  return Object.entries(kind.properties ?? {}).every(
    ([key, property]) => !isSchema(property) || property.const === undefined || map[key] === property.const,
  );
}

function label(kind: Schema): string {
  const [key, property] =
    Object.entries(kind.properties ?? {}).find(([, own]) => isSchema(own) && own.const) ?? [];
  return `${key}: ${isSchema(property) ? String(property.const) : ''}`;
}

function isSchema(schema: unknown): schema is Schema {
  return isMap(schema);
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
