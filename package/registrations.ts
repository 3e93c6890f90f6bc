/**
 * What the function files of an app register, read by loading them: a process of its own, that prints JSON.
 *
 * Usage: node package/registrations.ts APP
 */
import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { root } from './apps.ts';
import type { FunctionFile } from './read-registrations.ts';
import { registered } from './runtime/app.ts';

const standIn = new URL('./runtime/app.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@azure/functions' ? { url: standIn, shortCircuit: true } : next(specifier, context),
});

const files: FunctionFile[] = [];
for (const file of globSync(`functions/${process.argv[2]}/*.ts`, { cwd: root }).sort()) {
  const known = new Set(registered.keys());
  await import(pathToFileURL(join(root, file)).href);
  const functions = [...registered].flatMap(([name, { kind, options }]) => {
    if (known.has(name)) return [];
    // They are written into main.mjs.
    const written: unknown = JSON.parse(JSON.stringify(options));
    if (!isDeepStrictEqual(written, options))
      throw new Error(`${file}: "${name}" has options that are no JSON`);
    return [{ name, kind, options }];
  });
  if (functions.length === 0) throw new Error(`${file} registers no function`);
  files.push({ file, functions });
}
console.log(JSON.stringify(files));
