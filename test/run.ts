/**
 * `npm test`: the unit suites, then the live ones with a real Vault; ends with one plain line of counts.
 * `--unit`: the unit suites only. Other arguments go to vitest: `npm test -- vault-contract -t joiner`.
 */
import { requireNode } from '../cli/node-version.ts';

requireNode();
// Imported late: vitest itself does not load on an old Node.
const { runSuites } = await import('./suites.ts');
process.exit(await runSuites(process.argv.slice(2), process.env));
