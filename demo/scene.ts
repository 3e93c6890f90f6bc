/** All that the demo shows at one moment. Data only: the live screen and its tests render the same. */

export interface Scene {
  /** "payments: 3 nodes of Vault 1.21.0 …" */
  heading: string;
  fleetFile: string;
  /** As `GET /api/status` of the embedded host says. */
  clusters: SeenCluster[];
  findings: SeenFinding[];
  /** As the chat's receiver got them, newest last. */
  messages: ReceivedMessage[];
  steps: StepLine[];
}

export interface SeenCluster {
  name: string;
  status: string;
  nodes: { name: string; address: string; state: string }[];
}

export interface SeenFinding {
  code: string;
  severity: string;
  summary: string;
}

export interface ReceivedMessage {
  /** Wall clock at the receiver, ms. */
  at: number;
  /** The channel's kind: "slack". */
  channel: string;
  /** The text of the payload that arrived. */
  lines: string[];
  /** Of the signed webhook's copy of the same message; undefined until that arrived. */
  signature: 'verified' | 'wrong' | undefined;
}

export interface StepLine {
  title: string;
  state: 'waiting' | 'running' | 'ok' | 'failed';
  /** What was detected and after how long, or what is awaited. */
  detail: string;
}
