/**
 * `npm run audit`: known advisories against every package of package-lock.json, by the registry that npm uses. Development's,
 * too: esbuild writes the code that opens shares. One is a failure. A registry that does not answer is no all-clear: it is said loudly, and with `--required` it fails.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { requireNode } from '../cli/node-version.ts';

requireNode();
// Imported late: an old Node is told so first.
const { judgeAudit } = await import('./advisories.ts');

const root = new URL('..', import.meta.url);
// Said, for NODE_ENV=production leaves development out.
const { stdout } = spawnSync('npm', ['audit', '--include=dev', '--json'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  timeout: 60_000,
});
const lock = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as {
  packages: Record<string, { dev?: boolean }>;
};
const audited = judgeAudit(stdout ?? '', (folder) => lock.packages[folder]?.dev === true);
switch (audited.state) {
  case 'clean':
    console.log(
      `ok: no known advisory against ${audited.packages} packages, ${audited.production} of them production`,
    );
    break;
  case 'advisories':
    console.error(
      `FAILED: known advisories against packages of package-lock.json:\n  ${audited.lines.join('\n  ')}`,
    );
    process.exitCode = 1;
    break;
  case 'not-reached': {
    const bar = '!'.repeat(72);
    console.error(
      `${bar}\nNOT AUDITED: the registry gave no advisories (${audited.why}).\n` +
        `Whether a package has a known hole is NOT KNOWN. Run it where npm\nreaches its registry: npm run audit\n${bar}`,
    );
    if (process.argv.includes('--required')) process.exitCode = 1;
  }
}
