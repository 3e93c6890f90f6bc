/** Text that may come from servers, made safe to keep and to show on one line. Channels escape it besides. */

/**
 * Control characters, bidi overrides and isolates, zero-width and other invisible format characters, line and
 * paragraph separators: they hide or reorder what a person reads.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** One line without invisible or reordering characters and without lone surrogates. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\r\n\t]+/g, ' ')
    .replace(unseen, '')
    .trim();
}

/** At most `limit` UTF-16 units, the last of them "…" when something was cut; never half a character. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1);
  const last = cut.charCodeAt(cut.length - 1);
  const split = last >= 0xd800 && last <= 0xdbff;
  return `${split ? cut.slice(0, -1) : cut}…`;
}

/**
 * A list on one line, cut between its elements: "vault-0, vault-1, … and 98 more". An element that alone is
 * longer than `limit` is clipped.
 */
export function listed(names: string[], limit: number): string {
  const all = names.join(', ');
  if (all.length <= limit) return all;
  for (let kept = names.length - 1; kept > 0; kept -= 1) {
    const text = `${names.slice(0, kept).join(', ')}, … and ${names.length - kept} more`;
    if (text.length <= limit) return text;
  }
  return clip(all, limit);
}
