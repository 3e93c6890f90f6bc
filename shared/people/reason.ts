/** What people write. It is shown and kept, so a share pasted into it must not get that far (rule 1). */

/** Longest reason, characters. */
const longest = 500;

/** What is wrong with a reason, and the fix; undefined: nothing. Never repeats it. */
export function reasonProblem(text: string): string | undefined {
  const reason = text.trim();
  if (reason === '' || reason.length > longest) return `say why, in 1 to ${longest} characters`;
  if (withoutKeys(reason) === reason) return undefined;
  return 'a word of it looks like a key or token: take it out, and take that key as known to others';
}

/** A share is 32 or 33 bytes: 64 or 66 hex digits, 43 or 44 characters of base64. Tokens are longer. */
const hexKey = /^[0-9a-f]{64,}$/i;
const base64Key = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9+/_-]{43,}$/;
/** What tokens of Vault and OpenBao begin with; one that was copied badly is a token still. */
const vaultToken = /^(?:hv[sbr]|[sbr])\.[\w.~+/-]{20,}$/;
/** A client secret of Entra holds a digit and `Q~` after three characters (the rule of secret scanners). */
const entraSecret = /^[\w.~-]{3}\dQ~[\w.~-]{31,34}$/;
/** What a person, an app or a pod signs in with, signed or encrypted; one that was cut is most of a token still. */
const jwt = /^eyJ[\w-]{10,}(?:\.[\w-]*){1,4}$/;
const shapes = [hexKey, base64Key, vaultToken, entraSecret, jwt];
/** A word, without the mark that ends its sentence: names of hosts keep their dots, so addresses are no keys. */
const word = /[^\s,;:="'`()<>[\]{}|!?]*[^\s,;:="'`()<>[\]{}|!?.]/g;

/** Replaces words that look like a key. A guess from their shape: it does not stand in for keeping keys away. */
export function withoutKeys(text: string): string {
  return text.replace(word, (found) => (shapes.some((shape) => shape.test(found)) ? '[removed]' : found));
}
