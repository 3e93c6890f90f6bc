/** Which URLs may be called: hosts built in for each kind, and those of the deployment's allow-list. */
import type { Channel } from './fleet.ts';
import type { Limits } from './limits.ts';
import { isLinkLocal, isLoopback } from './network.ts';

export type EndpointKind = Channel['kind'] | 'heartbeat' | 'sink';

/** Hosts that need no setting. Teams connectors (webhook.office.com) are gone; Workflows live at these two. */
const builtIn: Record<EndpointKind, string[]> = {
  slack: ['hooks.slack.com'],
  teams: ['*.api.powerplatform.com', '*.logic.azure.com'],
  webhook: [],
  heartbeat: [],
  sink: [],
};

/**
 * Whether a URL may be called, checked when fleet.yaml is read and again when a reference is resolved. The reason
 * names at most the host: path and query of a webhook are secrets.
 */
export function checkEndpoint(
  text: string,
  kind: EndpointKind,
  limits: Limits,
): { ok: true; url: URL } | { ok: false; reason: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return { ok: false, reason: 'must be a URL that begins with https://' };
  const refuse = (reason: string) => ({ ok: false, reason }) as const;
  if (url.username !== '' || url.password !== '') return refuse('must not hold a user or password');
  if (isLinkLocal(url.hostname)) return refuse('must not be a link-local address: they are never called');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return refuse('must use https: plain http is for loopback addresses only');
  // Who may be told of an alert may not for that be told of a credential.
  const [listed, setting] =
    kind === 'sink'
      ? [limits.sinkHosts ?? [], 'SEALWATCH_SINK_HOSTS']
      : [limits.endpointHosts, 'SEALWATCH_ENDPOINT_HOSTS'];
  if (isAllowedHost(url, [...builtIn[kind], ...listed])) return { ok: true, url };
  return refuse(`host ${url.host} is not allowed: add it to the setting ${setting}`);
}

export function isAllowedHost(url: URL, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(url, pattern));
}

function matches(url: URL, pattern: string): boolean {
  if (url.host === pattern) return true;
  if (url.port === '' && pattern === `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}`) return true;
  return pattern.startsWith('*.') && url.host.endsWith(pattern.slice(1)) && url.host.length >= pattern.length;
}
