/**
 * What is inside recover, the app that opens shares: package/recover.graph.txt, a committed file, so that a review sees
 * every module that comes to sit beside the keys.
 */
import { packageFolders } from './licences.ts';

export const graphFile = 'package/recover.graph.txt';

const head = `# What the package of recover contains (npm run package -- --graph writes this file): modules, then npm packages.
# It opens shares. Whatever is added here runs beside them: look at it.
`;

export function graphText(modules: readonly string[]): string {
  const own = modules.filter((path) => !path.includes('node_modules/'));
  return `${head}${[...own, ...packageFolders(modules)].join('\n')}\n`;
}
