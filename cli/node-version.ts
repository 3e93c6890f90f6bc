/** undici needs this; from 22.18 on, Node runs TypeScript by itself. */
const least: readonly [number, number] = [22, 19];

/** What to say to somebody whose Node is too old; undefined when it is not. */
export function nodeTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > least[0] || (major === least[0] && minor >= least[1])) return undefined;
  return `Sealwatch needs Node ${least.join('.')} or newer, this is ${version}: run "npm ci", then run it through npm, which brings its own.`;
}

/** Ends the process with one clear line when its Node is too old: for the scripts that npm runs. */
export function requireNode(): void {
  const complaint = nodeTooOld(process.version);
  if (complaint === undefined) return;
  console.error(complaint);
  process.exit(1);
}
