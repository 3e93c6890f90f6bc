/** `npm run demo`: the main job on this machine. See ./arguments.ts for what it takes. */
import { requireNode } from '../cli/node-version.ts';

requireNode();
// Imported late: what the demo needs does not load on an old Node.
const { run } = await import('./run.ts');
process.exit(await run(process.argv.slice(2), process.env));
