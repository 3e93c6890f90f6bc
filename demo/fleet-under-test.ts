/** The cluster that the demo breaks: real Vault servers or simulated ones behind the same few operations. */

export interface WatchedNode {
  name: string;
  nodeId: string;
  /** https://127.0.0.1:PORT */
  address: string;
}

export interface FleetUnderTest {
  /** "Vault 1.21.0", "simulated Vault 1.21.0". */
  readonly server: string;
  readonly nodes: WatchedNode[];
  /** PEM. */
  readonly ca: string;
  /** Init and unseal; returns when one node is active and the others follow. */
  initialise(): Promise<void>;
  /** A login that may read raft state and nothing else. */
  probeLogin(): Promise<{ roleId: string; secretId: string }>;
  /** Name of the node that answers as active; rejects when none does within its patience. */
  active(): Promise<string>;
  /** Ends the process without warning. */
  kill(node: string): Promise<void>;
  start(node: string): Promise<void>;
  /** Sends a threshold of shares and waits until it took them. */
  unseal(node: string): Promise<void>;
  /** `operator seal`: on the active node only. */
  seal(node: string): Promise<void>;
  /** The end of the server's log, for a person who wants to know why. */
  logTail(node: string): string;
  close(): Promise<void>;
}
