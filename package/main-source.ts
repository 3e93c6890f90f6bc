/** Writes main.mjs of a package: every registration at start, every handler's file at its first trigger. */
import type { FunctionFile } from './read-registrations.ts';

/**
 * The worker has to know all triggers before it serves any, and waits for it: what handlers import (zod, undici, YAML,
 * the SDKs) would be three quarters of that wait. So the options of each registration, as its file gives them, are written
 * out, and the file is loaded when its function is triggered.
 */
export function mainSource(files: readonly FunctionFile[]): string {
  const lines = files.flatMap(({ file, functions }) =>
    functions.map(({ name, kind, options }) => {
      const handler = `onFirstUse(${JSON.stringify(name)}, () => import(${JSON.stringify(`./${file}`)}))`;
      return `app.${kind}(${JSON.stringify(name)}, {...${JSON.stringify(options)}, handler: ${handler}});`;
    }),
  );
  const imports = [
    "import { app } from '@azure/functions';",
    "import { onFirstUse } from './package/runtime/on-first-use.ts';",
  ];
  return `${[...imports, ...lines].join('\n')}\n`;
}
