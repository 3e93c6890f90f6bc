/** Where the secret that unseals a cluster may be sent. */
import { isAllowedHost } from './endpoint.ts';
import { isLoopback } from './network.ts';

/**
 * Whether a seal's token may be sent there. What is sent to this machine leaves it for nobody, and needs no setting.
 *
 * @param sealHosts of SEALWATCH_SEAL_HOSTS.
 */
export function mayTakeSealToken(url: URL, sealHosts: readonly string[]): boolean {
  return isLoopback(url.hostname) || isAllowedHost(url, sealHosts);
}
