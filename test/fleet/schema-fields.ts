/** Every field of fleet.yaml, read from its JSON schema. */
import type { z } from 'zod';
import { fleetJsonSchema } from '../../shared/fleet/schema.ts';

type Schema = z.core.JSONSchema.BaseSchema;

export interface Field {
  /** "clusters.*.nodes[].address" */
  path: string;
  key: string;
  schema: Schema;
  /** Each one, where kinds of the same map have different ones. */
  defaults: Schema['default'][];
}

/** Every map of the file with named keys: its path and its keys. */
export interface NamedMap {
  path: string;
  keys: string[];
}

export function fields(): Field[] {
  const found = new Map<string, Field>();
  walk(fleetJsonSchema(), '', (path, schema) => {
    for (const [key, own] of Object.entries(schema.properties ?? {})) {
      const at = path === '' ? key : `${path}.${key}`;
      if (typeof own !== 'object') continue;
      const defaults = new Set([...(found.get(at)?.defaults ?? []), own.default]);
      found.set(at, { path: at, key, schema: own, defaults: [...defaults] });
    }
  });
  return [...found.values()];
}

export function closedMaps(): NamedMap[] {
  const found: NamedMap[] = [];
  walk(fleetJsonSchema(), '', (path, schema) => {
    if (schema.properties) found.push({ path, keys: Object.keys(schema.properties) });
  });
  return found;
}

function walk(schema: Schema, path: string, see: (path: string, schema: Schema) => void): void {
  see(path, schema);
  const into = (own: Schema['items'], at: string) => {
    if (typeof own === 'object' && !Array.isArray(own)) walk(own, at, see);
  };
  for (const [key, own] of Object.entries(schema.properties ?? {}))
    into(own, path === '' ? key : `${path}.${key}`);
  into(schema.additionalProperties, `${path}.*`);
  into(schema.items, `${path}[]`);
  for (const option of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) into(option, path);
}
