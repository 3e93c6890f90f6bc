import { describe, expect, it } from 'vitest';
import { tokenSourceFor } from '../../shared/compose/logins.ts';
import type { LoginClient } from '../../shared/vault/login.ts';
import { ManualClock } from '../fakes/clock.ts';
import { file, fleetOf } from '../fleet/builders.ts';

/** A Vault that takes every login. */
const vault: LoginClient = {
  address: 'https://vault-0:8200',
  login: async () => ({
    ok: true,
    status: 200,
    body: { token: 'hvs.made', leaseSeconds: 3600, renewable: true },
    ms: 1,
  }),
  renewSelf: () => Promise.reject(new Error('not asked for')),
};

describe('an Azure identity that never answers', () => {
  it('is given up after ten seconds, so that the next sweep can log in', async () => {
    const clock = new ManualClock();
    const signals: (AbortSignal | undefined)[] = [];
    const token = { token: 'assertion', expiresOnTimestamp: 0 };
    const credential = async () => ({
      getToken: (_scopes: string | string[], options?: { abortSignal?: unknown }) => {
        signals.push(options?.abortSignal as AbortSignal);
        return signals.length === 1 ? new Promise<never>(() => undefined) : Promise.resolve(token);
      },
    });
    const fleet = fleetOf(file(['login: {method: jwt, role: probe, audience: "api://sealwatch"}']));
    const [cluster] = fleet.clusters;
    if (!cluster) throw new Error('no cluster');
    const resolve = () => Promise.reject(new Error('not asked for'));
    const source = tokenSourceFor(cluster, resolve, credential, clock);
    const waiting = source?.token(vault);
    await clock.advance(10_000);
    const made = await waiting;
    expect(made).toMatchObject({ ok: false, error: { recoverable: true } });
    expect(made).toHaveProperty(
      'error.message',
      expect.stringContaining('the Azure identity gave no token for api://sealwatch within 10 s'),
    );
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
    await clock.advance(30_000);
    expect(await source?.token(vault)).toEqual({ ok: true, token: 'hvs.made' });
  });
});
