/** HTTP to Microsoft Graph with Sealwatch's own identity. */
import type { GraphHttp } from '../rotation/graph.ts';
import { createOwnHttp, type HostReplaced, type OwnHttpOptions } from './own-http.ts';

/** What stands in for the real Graph, in tests. */
export type GraphReplaced = HostReplaced;

export type GraphHttpOptions = Pick<OwnHttpOptions, 'credential' | 'replaced' | 'timeoutMs'>;

/** An application holds 1,200 entries of all kinds at most (Entra's service limits), a secret is about 300 bytes. */
const mostBytes = 1024 * 1024;

export function createGraphHttp(options: GraphHttpOptions): GraphHttp {
  return createOwnHttp({ ...options, host: 'graph.microsoft.com', mostBytes });
}
