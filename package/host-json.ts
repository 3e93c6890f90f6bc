/** host.json of a package: the repository's, overlaid with the app's own. docs/packages.md has the reason of each line. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type App, root } from './apps.ts';

type Json = { [name: string]: unknown };

export async function hostJsonOf(app: App): Promise<Json> {
  const [base, own] = await Promise.all(
    ['host.json', `functions/${app}/host.json`].map(async (path) =>
      JSON.parse(await readFile(join(root, path), 'utf8')),
    ),
  );
  return overlaid(base as Json, own as Json);
}

/** Objects are joined, name by name; any other value of `over` stands in place of the base's. */
export function overlaid(base: Json, over: Json): Json {
  const joined = Object.entries(over).map(([name, value]) => {
    const below = base[name];
    return [name, isObject(below) && isObject(value) ? overlaid(below, value) : value];
  });
  return { ...base, ...Object.fromEntries(joined) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
