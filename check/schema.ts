/** `npm run schema` writes fleet.schema.json from shared/fleet/schema.ts; `--check` fails when it is out of date. */
import { readFile, writeFile } from 'node:fs/promises';
import { requireNode } from '../cli/node-version.ts';
import { fleetJsonSchema } from '../shared/fleet/schema.ts';

requireNode();

const file = new URL('../fleet.schema.json', import.meta.url);
const wanted = `${JSON.stringify(fleetJsonSchema(), null, 2)}\n`;

if (process.argv.includes('--check')) {
  const written = await readFile(file, 'utf8').catch(() => '');
  if (written !== wanted) {
    console.error('fleet.schema.json does not match shared/fleet/schema.ts: run `npm run schema`');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, wanted);
}
