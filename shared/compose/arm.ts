/** HTTP to Azure Resource Manager with Sealwatch's own identity: to read who may do what with a seal's vault. */
import type { ArmHttp } from '../readiness/exercise/arm.ts';
import { createOwnHttp, type OwnHttpOptions } from './own-http.ts';

/** Role definitions of Azure are a few kilobytes, a page of assignments some hundred. */
const mostBytes = 4 * 1024 * 1024;

export function createArmHttp(
  options: Pick<OwnHttpOptions, 'credential' | 'replaced' | 'timeoutMs'>,
): ArmHttp {
  const http = createOwnHttp({ ...options, host: 'management.azure.com', mostBytes });
  return (path) => http({ method: 'GET', path });
}
