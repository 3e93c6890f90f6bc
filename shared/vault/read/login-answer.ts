/** `auth` of a login or a renewal. */
import { z } from 'zod';

/** A token goes into a header: visible ASCII only. */
const tokenPattern = /^[\x21-\x7e]{1,8192}$/;

export function isToken(text: string): boolean {
  return tokenPattern.test(text);
}

export const LoginBody = z
  .object({
    auth: z.object({
      client_token: z.string().regex(tokenPattern),
      lease_duration: z.number().nonnegative(),
      renewable: z.boolean(),
    }),
  })
  .transform(({ auth }) => ({
    token: auth.client_token,
    leaseSeconds: auth.lease_duration,
    renewable: auth.renewable,
  }));
