/**
 * What is inside recover, the app that opens shares: package/recover.graph.txt, a committed file, so that a review sees
 * every module that comes to sit beside the keys, and each new version of one.
 */
import { packagesOf } from './licences.ts';

export const graphFile = 'package/recover.graph.txt';

const head = `# What the package of recover contains (npm run package -- --graph writes this file): modules, then npm packages and versions.
# It opens shares. Whatever is added here, or is another version here, runs beside them: look at it.
`;

export async function graphText(modules: readonly string[]): Promise<string> {
  const own = modules.filter((path) => !path.includes('node_modules/'));
  const packages = await packagesOf(modules);
  const versions = packages.map(({ folder, version }) => `${folder} ${version}`);
  return `${head}${[...own, ...versions].join('\n')}\n`;
}
