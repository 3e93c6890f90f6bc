/** Text that a server chose, before it goes into a message: one line, bounded, nothing that moves a cursor. */
export function oneLine(text: string, characters: number): string {
  const cleaned = text.slice(0, characters * 4).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return cleaned.trim().slice(0, characters).toWellFormed();
}
