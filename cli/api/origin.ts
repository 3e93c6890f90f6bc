/** Where an app is. A person's token goes there, so it is a place that TLS or the machine itself vouches for. */
import { isIPv4 } from 'node:net';
import type { Environment } from '../../shared/compose/settings.ts';
import { Refused } from '../context.ts';

/** The apps that a command calls, and the setting that says where each is. */
export const apiSettings = {
  recover: 'SEALWATCH_API',
  rotate: 'SEALWATCH_ROTATE_API',
  watch: 'SEALWATCH_WATCH_API',
} as const;
export type ApiApp = keyof typeof apiSettings;

/**
 * In the embedded host all are at one address. On Azure each has its own, and a token for one is no other's business.
 *
 * @throws Refused
 */
export function apiOrigin(env: Environment, app: ApiApp = 'recover'): string {
  const isNamed = Boolean(env[apiSettings[app]]?.trim());
  const setting = isNamed ? apiSettings[app] : apiSettings.recover;
  const text = env[setting]?.trim() || `http://127.0.0.1:${env.SEALWATCH_PORT?.trim() || 7071}`;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.pathname !== '/') {
    throw new Refused(`${setting} must be an origin, such as https://NAME.azurewebsites.net`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.origin)) {
    throw new Refused(`${setting} must be https: a token is sent there, and only loopback may be plain HTTP`);
  }
  if (!isNamed && app !== 'recover' && !isLoopback(url.origin)) {
    throw new Refused(
      `set ${apiSettings[app]} to where ${app} runs: ${apiSettings.recover} is recover's address`,
    );
  }
  return url.origin;
}

export function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin);
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}
