/** The ways in which a secret can leave: a leak scan looks for each. */
import { inspect } from 'node:util';

export function disguises(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(secret),
  ];
}

/** The disguises of `secrets` that are in `value`, as JSON and as the console would show it. */
export function leaks(value: unknown, secrets: string[]): string[] {
  const shown = `${JSON.stringify(value)}\n${inspect(value, { depth: 20, showHidden: true, maxStringLength: null })}`;
  return secrets.flatMap(disguises).filter((disguise) => shown.includes(disguise));
}
