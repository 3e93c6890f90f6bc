import { describe, expect, it } from 'vitest';
import type { Answer } from '../../shared/vault/answer.ts';
import type { LoginAnswer } from '../../shared/vault/client.ts';
import { createTokenSource, type LoginClient, type LoginMethod } from '../../shared/vault/login.ts';
import { ManualClock } from '../fakes/clock.ts';
import { answer } from '../fakes/hostile/behaviours.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { startEndpoint } from '../fakes/hostile/endpoint.ts';
import { clientOf, closing } from './clients.ts';

const jwt: Extract<LoginMethod, { method: 'jwt' }> = {
  method: 'jwt',
  mount: 'jwt',
  role: 'probe',
  assertion: () => Promise.resolve('e30.e30.sig'),
};

const refusal = (status: number): Answer<never> => ({
  ok: false,
  ms: 1,
  error: { code: 'http', status, message: `[POST] …: HTTP ${status}`, recoverable: status >= 500 },
});

const lease = (token: string, leaseSeconds: number, renewable = false): Answer<LoginAnswer> => ({
  ok: true,
  status: 200,
  ms: 1,
  body: { token, leaseSeconds, renewable },
});

/** A node that counts what it is asked: tokens t1, t2 …; renewals as `renew` says. */
class Desk implements LoginClient {
  readonly address = 'https://vault.test:8200';
  logins: { path: string; body: string }[] = [];
  bodies: Buffer[] = [];
  renewals: string[] = [];
  leaseSeconds = 900;
  renewable = false;
  refusing: number | undefined;
  renew: (token: string) => Answer<LoginAnswer> = () => refusal(403);

  async login(path: string, body: Buffer): Promise<Answer<LoginAnswer>> {
    this.logins.push({ path, body: body.toString() });
    this.bodies.push(body);
    if (this.refusing !== undefined) return refusal(this.refusing);
    return lease(`t${this.logins.length}`, this.leaseSeconds, this.renewable);
  }

  async renewSelf(token: string): Promise<Answer<LoginAnswer>> {
    this.renewals.push(token);
    return this.renew(token);
  }
}

function source(login: LoginMethod = jwt) {
  const clock = new ManualClock();
  const desk = new Desk();
  const tokens = createTokenSource({ login, clock });
  const token = async () => {
    const result = await tokens.token(desk);
    return result.ok ? result.token : result.error;
  };
  return { clock, desk, tokens, token };
}

describe('a token', () => {
  it('is kept for two thirds of its life, then made anew', async () => {
    const { clock, desk, token } = source();
    expect(await token()).toBe('t1');
    await clock.advance(599_999);
    expect(await token()).toBe('t1');
    await clock.advance(1);
    expect(await token()).toBe('t2');
    expect(desk.renewals).toEqual([]);
  });

  it('is renewed where it can be', async () => {
    const { clock, desk, token } = source();
    desk.renewable = true;
    desk.renew = (old) => lease(old, 900, true);
    await token();
    await clock.advance(600_000);
    expect(await token()).toBe('t1');
    await clock.advance(599_999);
    expect(await token()).toBe('t1');
    expect([desk.logins.length, desk.renewals]).toEqual([1, ['t1']]);
  });

  it('is made anew when renewal is refused', async () => {
    const { clock, desk, token } = source();
    desk.renewable = true;
    await token();
    await clock.advance(600_000);
    expect(await token()).toBe('t2');
  });

  it('is made anew when renewals give ever less', async () => {
    const { clock, desk, token } = source();
    desk.renewable = true;
    desk.renew = (old) => lease(old, 300, true);
    await token();
    await clock.advance(600_000);
    expect(await token()).toBe('t1');
    await clock.advance(200_000);
    expect(await token()).toBe('t2');
    expect(desk.renewals).toEqual(['t1']);
  });

  it('without a lease is kept for ever', async () => {
    const { clock, desk, token } = source();
    desk.leaseSeconds = 0;
    await token();
    await clock.advance(10 * 365 * 86_400_000);
    expect(await token()).toBe('t1');
  });

  it('serves until its end when Vault makes no new one', async () => {
    const { clock, desk, token } = source();
    await token();
    desk.refusing = 500;
    await clock.advance(600_000);
    expect(await token()).toBe('t1');
    await clock.advance(300_000);
    expect(await token()).toMatchObject({ code: 'http', status: 500 });
  });
});

describe('a refused token', () => {
  it('is replaced by the next call', async () => {
    const { desk, tokens, token } = source();
    await token();
    tokens.invalidate();
    expect(await token()).toBe('t2');
    expect(desk.renewals).toEqual([]);
  });

  it('is not replaced again and again when it is the policy that is missing', async () => {
    const { clock, desk, tokens, token } = source();
    await token();
    for (let sweep = 0; sweep < 10; sweep += 1) {
      tokens.invalidate();
      await token();
      await clock.advance(30_000);
    }
    expect(desk.logins).toHaveLength(2);
    tokens.invalidate();
    expect(await token()).toBe('t3');
  });
});

describe('callers at the same time', () => {
  it('share one login', async () => {
    const { desk, token } = source();
    expect(await Promise.all([token(), token(), token()])).toEqual(['t1', 't1', 't1']);
    expect(desk.logins).toHaveLength(1);
  });
});

describe('a login that fails', () => {
  it('is told, and not tried again for ten seconds', async () => {
    const { clock, desk, token } = source();
    desk.refusing = 400;
    expect(await token()).toMatchObject({ code: 'http', status: 400 });
    await clock.advance(9_999);
    expect(await token()).toMatchObject({ code: 'http', status: 400 });
    expect(desk.logins).toHaveLength(1);
    desk.refusing = undefined;
    await clock.advance(1);
    expect(await token()).toBe('t2');
  });

  it('for want of an assertion says why, and nothing is sent', async () => {
    const { desk, token } = source({
      ...jwt,
      assertion: () => Promise.reject(new Error('no managed identity on this machine')),
    });
    expect(await token()).toMatchObject({
      code: 'http',
      message:
        '[POST] https://vault.test:8200/v1/auth/jwt/login: login not tried: no managed identity on this machine',
      recoverable: true,
    });
    expect(desk.logins).toEqual([]);
  });
});

describe('each method', () => {
  it('jwt sends role and assertion', async () => {
    const { desk, token } = source({ ...jwt, mount: 'azure/prod' });
    await token();
    expect(desk.logins).toEqual([
      { path: 'auth/azure/prod/login', body: '{"role":"probe","jwt":"e30.e30.sig"}' },
    ]);
  });

  it('approle sends role id and secret id', async () => {
    const { desk, token } = source({
      method: 'approle',
      mount: 'approle',
      roleId: () => Promise.resolve('role'),
      secretId: () => Promise.resolve('secret "quoted"'),
    });
    await token();
    expect(desk.logins).toEqual([
      { path: 'auth/approle/login', body: '{"role_id":"role","secret_id":"secret \\"quoted\\""}' },
    ]);
  });

  it('token gives what it was given, without its line break, and reads it again when it was refused', async () => {
    const given = ['hvs.first\n', 'hvs.second'];
    const { desk, tokens, token } = source({ method: 'token', token: async () => given.shift() ?? '' });
    expect(await token()).toBe('hvs.first');
    tokens.invalidate();
    expect(await token()).toBe('hvs.second');
    expect(desk.logins).toEqual([]);
  });

  it('token that is empty is named', async () => {
    const { token } = source({ method: 'token', token: async () => '\n' });
    expect(await token()).toMatchObject({ code: 'http', recoverable: false });
  });

  it.each([200, 400])('leaves no secret in the body that was sent, after HTTP %i', async (status) => {
    const { desk, token } = source();
    if (status !== 200) desk.refusing = status;
    await token();
    expect(desk.bodies).toHaveLength(1);
    expect(desk.bodies[0]?.every((byte) => byte === 0)).toBe(true);
  });
});

describe('over the network', () => {
  const assertion = 'eyJhbGciOiJSUzI1NiJ9.e30.not-for-anybody';

  it('a login goes to the node that the caller names, as it was written', async () => {
    const auth = { client_token: 'hvs.t', lease_duration: 60, renewable: false };
    const named = closing(await startEndpoint({ behaviour: answer(200, { auth }) }));
    const tokens = createTokenSource({
      login: { method: 'jwt', mount: 'jwt', role: 'probe', assertion: async () => assertion },
      clock: new ManualClock(),
    });
    expect(await tokens.token(clientOf(named.address))).toEqual({ ok: true, token: 'hvs.t' });
    expect(named.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { role: 'probe', jwt: assertion },
    ]);
  });

  it('a refusal that quotes the assertion is told without it', async () => {
    const node = closing(
      await startEndpoint({ behaviour: answer(400, { errors: [`bad token ${assertion}`] }) }),
    );
    const tokens = createTokenSource({
      login: { method: 'jwt', mount: 'jwt', role: 'probe', assertion: async () => assertion },
      clock: new ManualClock(),
    });
    const result = await tokens.token(clientOf(node.address));
    expect(result).toMatchObject({ ok: false, error: { code: 'http', status: 400 } });
    expect(leaks(result, [assertion])).toEqual([]);
  });
});
