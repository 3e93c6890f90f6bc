/** The configuration file of one Vault node. Source: VAULT-FACTS and the `server` page of Vault's documentation. */

/** A seal "transit" stanza: another cluster unseals this one. */
export interface TransitSeal {
  /** Address of the provider. */
  address: string;
  /** Undefined: it comes from the environment (VAULT_TOKEN). */
  token?: string;
  key: string;
  mount: string;
  /** Path of the provider's CA. */
  caFile?: string;
  /** Do not renew the token: then it ends at its TTL. */
  disableRenewal?: boolean;
}

/** One whose token is known, as a test can give it to a stanza. */
export type TransitSealWithToken = TransitSeal & { token: string };

/** A seal "azurekeyvault" stanza. Its names are production's: HTTPS_PROXY and SSL_CERT_FILE lead to fakes. */
export interface AzureKeyVaultStanza {
  vault: string;
  key: string;
  tenant: string;
  clientId: string;
  /** Undefined: it comes from the environment (AZURE_CLIENT_SECRET). */
  clientSecret?: string;
}

export interface NodeConfig {
  nodeId: string;
  dataFolder: string;
  port: number;
  clusterPort: number;
  /** API addresses of all nodes of the cluster. */
  join: string[];
  tls?: { certFile: string; keyFile: string; caFile: string };
  seal?: TransitSeal | AzureKeyVaultStanza;
  telemetry: boolean;
  /** Autopilot looks and acts every second instead of every 2 s and 10 s. */
  fastAutopilot: boolean;
  /** Raft's shortest timeouts: a new leader within about 2 s instead of about 7 s. */
  fastElections?: boolean;
}

export function nodeConfig(config: NodeConfig): string {
  const scheme = config.tls ? 'https' : 'http';
  const lines = [
    'disable_mlock = true',
    'ui = false',
    `api_addr = "${scheme}://127.0.0.1:${config.port}"`,
    `cluster_addr = "https://127.0.0.1:${config.clusterPort}"`,
    'storage "raft" {',
    `  path = "${config.dataFolder}"`,
    `  node_id = "${config.nodeId}"`,
    ...(config.fastAutopilot
      ? ['  autopilot_reconcile_interval = "1s"', '  autopilot_update_interval = "1s"']
      : []),
    ...(config.fastElections ? ['  performance_multiplier = 1'] : []),
    ...config.join.flatMap((address) => [
      '  retry_join {',
      `    leader_api_addr = "${address}"`,
      ...(config.tls ? [`    leader_ca_cert_file = "${config.tls.caFile}"`] : []),
      '  }',
    ]),
    '}',
    'listener "tcp" {',
    `  address = "127.0.0.1:${config.port}"`,
    `  cluster_address = "127.0.0.1:${config.clusterPort}"`,
    ...(config.tls
      ? [`  tls_cert_file = "${config.tls.certFile}"`, `  tls_key_file = "${config.tls.keyFile}"`]
      : ['  tls_disable = true']),
    ...(config.telemetry ? ['  telemetry { unauthenticated_metrics_access = true }'] : []),
    '}',
    ...(config.telemetry
      ? ['telemetry {', '  prometheus_retention_time = "24h"', '  disable_hostname = true', '}']
      : []),
    ...(config.seal ? sealStanza(config.seal) : []),
  ];
  return `${lines.join('\n')}\n`;
}

function sealStanza(seal: TransitSeal | AzureKeyVaultStanza): string[] {
  if ('vault' in seal) {
    return [
      'seal "azurekeyvault" {',
      `  tenant_id = "${seal.tenant}"`,
      `  client_id = "${seal.clientId}"`,
      ...(seal.clientSecret === undefined ? [] : [`  client_secret = "${seal.clientSecret}"`]),
      `  vault_name = "${seal.vault}"`,
      `  key_name = "${seal.key}"`,
      '}',
    ];
  }
  return [
    'seal "transit" {',
    `  address = "${seal.address}"`,
    ...(seal.token === undefined ? [] : [`  token = "${seal.token}"`]),
    `  key_name = "${seal.key}"`,
    `  mount_path = "${seal.mount}"`,
    ...(seal.caFile === undefined ? [] : [`  tls_ca_cert = "${seal.caFile}"`]),
    ...(seal.disableRenewal ? ['  disable_renewal = "true"'] : []),
    '}',
  ];
}
