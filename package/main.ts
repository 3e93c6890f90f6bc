/** `npm run package`: the three apps as folders and zips that Azure Functions takes. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { requireNode } from '../cli/node-version.ts';

requireNode();
// Imported late: an old Node is told so first.
const { apps, root } = await import('./apps.ts');
const { buildPackage, bytesOf } = await import('./build.ts');
const { problemsOf } = await import('./check.ts');
const { graphFile, graphText } = await import('./graph.ts');
const { writePackage } = await import('./write.ts');

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    graph: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

// --check loads each in a process of its own, --graph writes what recover contains, --out FOLDER stands for build/.
const out = values.out === undefined ? join(root, 'build') : resolve(values.out);
for (const app of apps) {
  const built = await buildPackage(app);
  const folder = await writePackage(built, out);
  const size = `${(bytesOf(built) / 1e6).toFixed(1)} MB in ${built.files.size} files`;
  const problems = values.check ? await problemsOf(folder) : [];
  console.log(
    `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${app}: ${size}${values.check ? ', loaded' : ''}`,
  );
  for (const problem of problems) console.log(`       ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  if (values.graph && app === 'recover') {
    await writeFile(join(root, graphFile), await graphText(built.modules));
  }
}
