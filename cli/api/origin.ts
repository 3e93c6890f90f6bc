/** Where recover is. A person's token goes there, so it is a place that TLS or the machine itself vouches for. */
import { isIPv4 } from 'node:net';
import type { Environment } from '../../shared/compose/settings.ts';
import { Refused } from '../context.ts';

/** @throws Refused */
export function apiOrigin(env: Environment): string {
  const text = env.SEALWATCH_API?.trim() || `http://127.0.0.1:${env.SEALWATCH_PORT?.trim() || 7071}`;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.pathname !== '/') {
    throw new Refused('SEALWATCH_API must be an origin, such as https://NAME.azurewebsites.net');
  }
  if (url.protocol === 'http:' && !isLoopback(url.origin)) {
    throw new Refused(
      'SEALWATCH_API must be https: a token is sent there, and only loopback may be plain HTTP',
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
