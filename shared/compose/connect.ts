/** Connections that may carry shares, by the trust of a generation (rule 2). */
import type { TrustBinding } from '../escrow/generation.ts';
import { bindingOf } from '../escrow/trust.ts';
import type { Cluster } from '../fleet/fleet.ts';
import { isLinkLocal } from '../fleet/network.ts';
import { openShareClient } from '../vault/share-client.ts';
import type { Connected, RecoverDeps } from '../work/recover/deps.ts';
import { systemClock } from './clock.ts';
import { type ResolveText, readTrust } from './trust.ts';

const timeouts = { connectMs: 3_000, headersMs: 8_000, totalMs: 8_000 };
/** Of health, seal-status and unseal answers, bytes. */
const maxResponseBytes = 256 * 1024;

export function connectBy(resolve: ResolveText): RecoverDeps['connect'] {
  return async (cluster: Cluster, trust: TrustBinding): Promise<Connected> => {
    const clientCertificate = await certificateOf(cluster, resolve);
    const nodes = cluster.nodes.map(({ name, address }) => {
      const opened = openShareClient(address, trust, {
        timeouts,
        maxResponseBytes,
        keepAliveMs: 30_000,
        clock: systemClock,
        isRefusedAddress: isLinkLocal,
        ...(clientCertificate && { clientCertificate }),
      });
      return { node: name, address, client: opened.ok ? opened.client : opened.error };
    });
    return {
      nodes,
      async close() {
        await Promise.all(nodes.map(async ({ client }) => ('code' in client ? undefined : client.close())));
      },
    };
  };
}

/** What a listener that asks for one is shown: the one thing that still comes from fleet.yaml. */
async function certificateOf(
  { tls }: Cluster,
  resolve: ResolveText,
): Promise<{ cert: string; key: string } | undefined> {
  if (tls.clientCertificate === undefined || tls.clientKey === undefined) return undefined;
  const [cert, key] = await Promise.all([resolve(tls.clientCertificate), resolve(tls.clientKey)]);
  return cert.ok && key.ok ? { cert: cert.value, key: key.value } : undefined;
}

export function bindingBy(resolve: ResolveText): RecoverDeps['binding'] {
  return async ({ nodes, tls, recovery, unknownSealCause }) => {
    const read = await readTrust({ pins: tls.pins, ...(tls.ca !== undefined && { ca: tls.ca }) }, resolve);
    if (!read.ok) return { ok: false, problem: read.problem };
    return bindingOf({
      addresses: nodes.map(({ address }) => address),
      serverName: tls.serverName,
      ca: read.tls.ca,
      pins: tls.pins,
      recovery: { policy: recovery.policy, approvals: recovery.approvals, unknownSealCause },
    });
  };
}
