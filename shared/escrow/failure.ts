/** How an envelope could not be sealed or opened. */
import type { CustodianError, CustodianErrorCode } from './custodian.ts';

export interface EscrowFailure {
  code:
    | CustodianErrorCode
    /** The envelope was changed, or is of another cluster, generation, index, trust or key. */
    | 'tampered'
    /** The custodian is not among those at hand. */
    | 'not-configured';
  index: number;
  custodian: string;
  /** One line that names the custodian or index and the fix; nothing secret. */
  message: string;
  recoverable: boolean;
  /** ms */
  retryAfterMs?: number;
}

export type EscrowResult<T> = { ok: true; value: T } | { ok: false; failure: EscrowFailure };

export function custodianFailure(index: number, custodian: string, error: CustodianError): EscrowFailure {
  return { ...error, index, custodian };
}

export function notConfigured(index: number, custodian: string): EscrowFailure {
  return {
    code: 'not-configured',
    index,
    custodian,
    message: `custodian "${custodian}", who holds share ${index}, is not at hand: name it under escrow.custodians`,
    recoverable: false,
  };
}
