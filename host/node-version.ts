/** undici needs this; from 22.18 on, Node runs TypeScript by itself. */
const least: readonly [number, number] = [22, 19];

/** What to say to somebody whose Node is too old; undefined when it is not. */
export function nodeTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > least[0] || (major === least[0] && minor >= least[1])) return undefined;
  return `Sealwatch needs Node ${least.join('.')} or newer, this is ${version}: run "npm ci", then start it with "npm start", which brings its own.`;
}
