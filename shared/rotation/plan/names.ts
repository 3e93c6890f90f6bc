/** Names in a text for people. */

/** A row and a message have room for so many. */
const mostNames = 10;

export function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  const named = names.slice(0, mostNames).join(', ');
  return more > 0 ? `${named} and ${more} more` : named;
}
