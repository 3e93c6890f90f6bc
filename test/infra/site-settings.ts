/** The settings that a site is made with, as its process gets them. */
import { isObject, listOf, type Made, memberOf, shown } from './bicep/known.ts';

export function settingsOf({ fields }: Made): Record<string, string> {
  const config = memberOf(fields['properties'] ?? null, 'siteConfig');
  const rows = listOf(memberOf(config, 'appSettings')).filter(isObject);
  return Object.fromEntries(rows.map(({ name, value }) => [shown(name ?? ''), shown(value ?? '')]));
}
