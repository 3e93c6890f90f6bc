/** What fleet.yaml declares, after parsing: every default filled in, every reference still a reference. */

/** `env:NAME`, `file:/path` or `keyvault:https://VAULT/secrets/NAME`; resolved late, limited by deployment settings. */
export type SecretReference = string & { readonly __brand: 'SecretReference' };

export interface Fleet {
  clusters: Cluster[];
  channels: Channel[];
  heartbeat?: { url: string | SecretReference };
  probe: ProbeSettings;
  alerts: AlertSettings;
  /** SHA-256 (hex) of the file's text: tells one configuration from another. */
  hash: string;
}

/** All times in ms. */
export interface ProbeSettings {
  /** TCP and TLS connection. */
  connectTimeoutMs: number;
  /** From request to response headers. */
  headersTimeoutMs: number;
  /** One whole request. Above 5 s by default: with etcd gone, sys/health answers 500 only after 5 s. */
  totalTimeoutMs: number;
  /** One whole sweep; what is not answered by then is unjudged or failed. */
  deadlineMs: number;
  /** Nodes asked at the same time. */
  concurrency: number;
  /** Largest response body read, bytes. */
  maxResponseBytes: number;
  /** Pause before a node that looks bad is asked again, ms. */
  confirmAfterMs: number;
  /** How a large fleet's sweep is split among workers. */
  batches: {
    /** Fleets of more clusters than this are split. */
    from: number;
    /** Most clusters a batch. */
    clusters: number;
    /** A batch that took longer is made smaller, ms. */
    durationMs: number;
  };
  /** Most nodes whose connections one process keeps open between sweeps; 0 none. */
  warmNodes: number;
}

export interface AlertSettings {
  /** How long a finding must stay before it fires, by severity, ms. */
  pendingMs: { critical: number; warning: number; info: number };
  /** How often a firing alert is repeated, by severity, ms; 0 never. */
  reminderMs: { critical: number; warning: number; info: number };
}

export interface Cluster {
  /** Lower-case letters, digits and dashes: it becomes a table key. */
  name: string;
  nodes: Node[];
  tls: Tls;
  login?: Login;
  /** The rotate app's own login here: to rotate what it provides, or to let it step down. Undefined: `login`. */
  rotateLogin?: Login;
  expect: Expect;
  seal: Seal;
  /** How the credential and the key that unseal it are rotated. Undefined: they are only looked at. */
  rotation?: RotationPolicy;
  labels: Record<string, string>;
  thresholds: Thresholds;
  /** Rule 6: what a seal without proof either way counts as. */
  unknownSealCause: 'approval' | 'automatic';
  recovery: RecoveryPolicy;
  escrow: EscrowPolicy;
  /** Names of channels; every channel when fleet.yaml names none. */
  notify: string[];
}

/** All times in ms. */
export interface RecoveryPolicy {
  policy: 'manual' | 'automatic';
  /** How many people must approve where approval is needed; where it is 2 the requester does not count. */
  approvals: 1 | 2;
  /** Failed automatic attempts allowed in the window; then it stops and pages (rule 8). */
  attempts: number;
  attemptWindowMs: number;
  /** Automatic unseals of one node allowed in `restartWindowMs` of the thresholds. */
  nodeUnseals: number;
  /** Unseal progress that is not ours: how long it is left alone, and what is done then. */
  foreignProgress: { afterMs: number; then: 'report' | 'reset' };
}

/** Rotation of what unseals a cluster. All times in ms. */
export interface RotationPolicy {
  /** transit: the seal's own token, made through a token role of the provider. */
  token?: { role: string; everyMs?: number };
  /** transit: the key at the provider. */
  transitKey?: { everyMs: number; raiseMinimum: boolean };
  /** azurekeyvault: the client secret of the seal's application (its object id). */
  secret?: { application: string; lifeMs: number; everyMs?: number };
  /** azurekeyvault: the key. `vault`: its own rotation policy makes versions, and we follow them. */
  vaultKey?: { everyMs: number; by: 'sealwatch' | 'vault' };
  /** Where nodes get the token or secret from; every one is delivered to. */
  sinks: SinkEntry[];
  /** Whether an approved rotation may let this cluster's active node step down, to move it on to a new key version. */
  stepDown: boolean;
  /** From the new one in use by every node to the end of the old one. */
  graceMs: number;
  /** A rotation that waits for longer is told. */
  overdueMs: number;
  /** Date of the oldest raft snapshot that may still be restored, ms. Undefined: nobody knows, and no version is given up. */
  keptSince?: number;
}

export type SinkEntry = SinkPlace & {
  name: string;
  /** How long after a delivery a node that starts may still read the one before: what copies it on its way, ms. */
  withinMs: number;
};

type SinkPlace =
  /** `vault`: https://NAME.vault.azure.net. Also written: NAME-next and NAME-previous. */
  | { kind: 'keyVaultSecret'; vault: string; secret: string }
  /** Also written: PATH.next and PATH.previous. */
  | { kind: 'file'; path: string }
  | { kind: 'webhook'; url: string | SecretReference; signingKeys: SecretReference[] };

/** Who holds the shares of this cluster. */
export interface EscrowPolicy {
  /** Empty: nothing is escrowed. */
  custodians: CustodianEntry[];
}

export interface CustodianEntry {
  /** Unique in its cluster. */
  name: string;
  /** `keyVault`: a key of one of the vaults in SEALWATCH_ESCROW_VAULTS. `local`: a passphrase, by reference. */
  kind: 'keyVault' | 'local';
  /** keyVault: https://VAULT.vault.azure.net/keys/NAME, without a version. */
  key?: string;
  /** local: reference to the passphrase. */
  passphrase?: SecretReference;
  /** Indexes of the shares that this custodian holds; every index of the generation has at least one custodian. */
  shares: number[];
  /** Who owns the key: shown to people. */
  owner?: string;
}

export interface Node {
  /** Unique in its cluster; the address's host (and port, where hosts repeat) when fleet.yaml gives none. */
  name: string;
  /** Origin only: https://host:8200. */
  address: string;
  /** Raft node id, where membership matters. */
  nodeId?: string;
}

export interface Tls {
  /** PEM, or a reference to it. Undefined: the system's roots. */
  ca?: string | SecretReference;
  clientCertificate?: string | SecretReference;
  clientKey?: SecretReference;
  serverName?: string;
  /** base64 SHA-256 of SubjectPublicKeyInfo; any one must match the leaf's. */
  pins: string[];
}

export type Login =
  | { method: 'jwt'; mount: string; role: string; audience: string; clientId?: string }
  | { method: 'approle'; mount: string; roleId: string | SecretReference; secretId: SecretReference }
  | { method: 'token'; token: SecretReference };

export interface Expect {
  /** Raft voters in the healthy state. Undefined: the number of nodes. */
  voters?: number;
  /** Version prefix: "1.21" matches 1.21.4. */
  version?: string;
  storage?: 'raft' | 'etcd' | 'consul' | 'other';
}

export type Seal =
  | { type: 'shamir' }
  | {
      type: 'transit';
      provider: string;
      mount: string;
      key: string;
      /** The seal's own token, as the next restart reads it. Undefined: its readiness cannot be told. */
      token?: SecretReference;
      /** Where the seal reaches its provider; undefined: any of the provider's nodes. */
      address?: string;
      /** Where a rescue copy of the key is (DESIGN, Words). With one the key is not rotated (rule 11). */
      rescue?: string;
    }
  | AzureKeyVaultSeal
  | { type: 'other' };

export interface AzureKeyVaultSeal {
  type: 'azurekeyvault';
  /** NAME of https://NAME.vault.azure.net. */
  vault?: string;
  key?: string;
  tenant?: string;
  clientId?: string;
  /** The seal's own, as the next restart reads it. With neither of the two and no identity its readiness cannot be told. */
  clientSecret?: SecretReference;
  /** PEM: certificate and private key. */
  clientCertificate?: SecretReference;
  /** An identity that Azure gives to the nodes and to nobody else: told from roles and the key's state alone. */
  identity?: 'managed';
  /** ARM resource id of the vault: with it, how the vault is protected is read. */
  vaultId?: string;
  /** Object id of the identity that the nodes sign in with: with vaultId, its rights at the vault are read. */
  principal?: string;
}

/** All times in ms. */
export interface Thresholds {
  /** Certificates that end sooner than this are reported… */
  certificateWarningMs: number;
  /** …and sooner than this, as critical. */
  certificateCriticalMs: number;
  /** A peer out of contact for longer is dead (autopilot itself needs about 10 s to notice). */
  peerDeadMs: number;
  /** A peer this many log entries behind the leader lags. */
  peerLagEntries: number;
  /** dead_server_last_contact_threshold below this is too eager. */
  cleanupMinimumMs: number;
  /** Restarts inside `restartWindowMs` from which on a restart is a warning (a crash loop), not information. */
  restartLoopCount: number;
  restartWindowMs: number;
  /** Progress of an unseal that nobody goes on with for longer than this is a warning. */
  unsealStalledMs: number;
}

export interface Channel {
  name: string;
  kind: 'slack' | 'teams' | 'webhook';
  url: string | SecretReference;
  /** webhook only: signing keys, newest first; two during a change. */
  signingKeys: SecretReference[];
  /** Messages below this severity are not sent here. */
  minimumSeverity: 'critical' | 'warning' | 'info';
  /** Takes what this one cannot deliver. */
  fallback?: string;
}
