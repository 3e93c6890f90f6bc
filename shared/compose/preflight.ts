/** What a person who starts Sealwatch wants to hear at once, and not from the first sweep's log. */

import { checkEndpoint } from '../fleet/endpoint.ts';
import type { Channel, Fleet } from '../fleet/fleet.ts';
import type { Resolved } from '../fleet/resolver.ts';
import { Redactor } from '../log/redactor.ts';
import { parseSigningKey } from '../webhook-signature.ts';
import { systemClock } from './clock.ts';
import { createCredential, createResolve, type Resolve } from './secrets.ts';
import { type Environment, readSettings } from './settings.ts';

/**
 * Channels that can take nothing as they are: a reference that leads nowhere, a host that may not be called, a signing
 * key that is none. What may work later (a Key Vault that does not answer now) is no problem here. Names the channel and
 * the fix, never a value.
 */
export async function channelProblems(fleet: Fleet, env: Environment): Promise<string[]> {
  const { limits } = readSettings(env);
  const resolve = createResolve(env, limits, systemClock, new Redactor(), createCredential());
  const found = await Promise.all(
    fleet.channels.map(async (channel) => [
      ...(await urlProblems(channel, resolve, (url) => {
        const checked = checkEndpoint(url, channel.kind, limits);
        return checked.ok ? undefined : checked.reason;
      })),
      ...(await keyProblems(channel, resolve)),
    ]),
  );
  return found.flat();
}

async function urlProblems(
  { name, url }: Channel,
  resolve: Resolve,
  wrong: (url: string) => string | undefined,
): Promise<string[]> {
  const resolved = await resolve(url);
  if (!resolved.ok) return mayCome(resolved) ? [] : [`channels.${name}.url: ${resolved.message}`];
  const reason = wrong(resolved.value);
  return reason === undefined ? [] : [`channels.${name}.url: ${reason}`];
}

async function keyProblems({ name, signingKeys }: Channel, resolve: Resolve): Promise<string[]> {
  const found = await Promise.all(
    signingKeys.map(async (reference, index) => {
      const path = `channels.${name}.signingKeys[${index}]`;
      const resolved = await resolve(reference);
      if (!resolved.ok) return mayCome(resolved) ? [] : [`${path}: ${resolved.message}`];
      const key = parseSigningKey(resolved.value);
      key?.fill(0);
      return key ? [] : [`${path}: must be "whsec_" and the base64 of 24 bytes or more`];
    }),
  );
  return found.flat();
}

/** A store that does not answer now may answer at night; a variable that is not set stays so. */
function mayCome({ code }: Extract<Resolved, { ok: false }>): boolean {
  return code === 'unreadable' || code === 'denied';
}
