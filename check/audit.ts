/**
 * `npm run audit`: known advisories against the production packages of package-lock.json, by the registry that npm uses.
 * One is a failure. A registry that does not answer is no all-clear: it is said loudly, and with `--required` it fails.
 */
import { spawnSync } from 'node:child_process';
import { requireNode } from '../cli/node-version.ts';

requireNode();
// Imported late: an old Node is told so first.
const { judgeAudit } = await import('./advisories.ts');

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: new URL('..', import.meta.url),
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  timeout: 60_000,
});
const audited = judgeAudit(stdout ?? '');
switch (audited.state) {
  case 'clean':
    console.log(`ok: no known advisory against ${audited.packages} production packages`);
    break;
  case 'advisories':
    console.error(`FAILED: known advisories against production packages:\n  ${audited.lines.join('\n  ')}`);
    process.exitCode = 1;
    break;
  case 'not-reached': {
    const bar = '!'.repeat(72);
    console.error(
      `${bar}\nNOT AUDITED: the registry gave no advisories (${audited.why}).\n` +
        `Whether a production package has a known hole is NOT KNOWN. Run it where npm\nreaches its registry: npm run audit\n${bar}`,
    );
    if (process.argv.includes('--required')) process.exitCode = 1;
  }
}
