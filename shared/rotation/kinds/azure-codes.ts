/** What an exercise at Entra and Key Vault fails with, as rotations tell it. */
import type { AzureFailure } from '../../readiness/exercise/azure-exercise.ts';
import type { RotationFailure } from '../rotation.ts';
import { callMs } from './deadline.ts';

const codes: Record<AzureFailure, RotationFailure> = {
  'no-credential': 'odd',
  // Without propagation to blame: the credential's own end.
  'secret-invalid': 'dead',
  'secret-expired': 'dead',
  'app-unknown': 'wrong',
  'tenant-unknown': 'wrong',
  'login-refused': 'odd',
  denied: 'denied',
  firewall: 'denied',
  'key-missing': 'dead',
  // The key's trouble, whatever signs in.
  'key-disabled': 'wrong',
  'key-expired': 'wrong',
  'not-unwrapped': 'wrong',
  throttled: 'throttled',
  unreachable: 'unreachable',
  timeout: 'unreachable',
  odd: 'odd',
};

export function failedAs({ code, detail }: { code: AzureFailure; detail: string }): {
  ok: false;
  code: RotationFailure;
  detail: string;
} {
  return { ok: false, code: codes[code], detail };
}

/** The call of a kind ends: all of it together took too long. */
export function slow(who: string): { ok: false; code: RotationFailure; detail: string } {
  return { ok: false, code: 'unreachable', detail: `${who} took longer than ${callMs / 1000} s altogether` };
}
