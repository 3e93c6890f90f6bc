/**
 * `npm test`: the unit suites, then the live ones with a real Vault; ends with one plain line of counts.
 * `--unit`: the unit suites only. Other arguments go to vitest: `npm test -- vault-contract -t joiner`.
 */
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `this needs the Node 24 that npm ci installs, not ${process.version}: run it through npm (npm test)`,
  );
  process.exit(1);
}
// Imported late: vitest itself does not load on an old Node.
const { runSuites } = await import('./suites.ts');
process.exit(await runSuites(process.argv.slice(2), process.env));
