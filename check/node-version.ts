/** The npm package `node` brings the right one: scripts run through npm use it, whatever the system has. */
export function requireNode(version = process.versions.node): void {
  const [major = 0] = version.split('.').map(Number);
  if (major >= 24) return;
  console.error(
    `Sealwatch needs Node 24 and this is ${version}. Run it through npm after \`npm ci\` (npm start, npm test, npm run demo): ` +
      'the package "node" in devDependencies brings its own.',
  );
  process.exit(1);
}
