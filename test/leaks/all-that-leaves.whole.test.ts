/** Rule 1: none of a fleet's secrets is seen anywhere but in the one place that it is for. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStatus } from '../../shared/work/status.ts';
import { deliverOne, sweep } from '../../shared/work/sweep.ts';
import type { Answer } from '../fakes/chat/receiver.ts';
import { answer, echo, html, redirect, resetMidBody } from '../fakes/hostile/behaviours.ts';
import { disguises, leaks } from '../fakes/hostile/disguises.ts';
import type { Received } from '../fakes/hostile/endpoint.ts';
import { aroundPorts } from '../work/around-ports.ts';
import { type SecretFleet, secretFleet, vaultThat } from './secret-fleet.ts';

let fleet: SecretFleet;
let thrown: unknown[];

beforeEach(async () => {
  fleet = await secretFleet();
  thrown = [];
});
afterEach(() => fleet.close());

const hidden = () => Object.values(fleet.secrets);

/** What a Vault was sent, without the places where its own secrets belong. */
function withoutOwnPlaces(cluster: string, { method, path, headers, body }: Received): unknown {
  const { secrets } = fleet;
  const login = path.endsWith('/login') ? loginOf(cluster) : '';
  const token = headers['x-vault-token'];
  const own = cluster === 'given' ? secrets.givenToken : secrets.issuedToken;
  return {
    method,
    path,
    headers: { ...headers, 'x-vault-token': token === own ? 'its own' : token },
    body: body === login ? 'its own login' : body,
  };
}

function loginOf(cluster: string): string {
  const { roleId, secretId, assertion } = fleet.secrets;
  return JSON.stringify(
    cluster === 'jwt' ? { role: 'probe', jwt: assertion } : { role_id: roleId, secret_id: secretId },
  );
}

/** Everything that left the process, and everything that it keeps. */
async function allThatLeft(): Promise<Record<string, unknown>> {
  const { state, receiver, vaults, lines, deps } = fleet;
  const { partitions, unreadable } = await state.live.scan();
  return {
    log: lines,
    live: [...partitions],
    unreadable,
    history: state.transitions(),
    nudges: state.nudged,
    sweeps: await state.sweeps.last(),
    observations: await state.observations.latest(),
    lastGood: await state.lastGood.read(),
    posted: receiver.received.map(({ headers, raw, lines: shown }) => ({ headers, raw, shown })),
    status: await readStatus(deps),
    thrown,
    vaults: [...vaults].map(([name, vault]) => vault.received.map((each) => withoutOwnPlaces(name, each))),
  };
}

async function expectNothingLeaked(): Promise<void> {
  for (const [place, value] of Object.entries(await allThatLeft())) {
    expect(leaks(value, hidden()), place).toEqual([]);
  }
}

async function sweeps(count: number, deps = fleet.deps): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await sweep(deps).catch((error: unknown) => {
      const { message, stack, cause } = error as Error;
      thrown.push(error, { message, stack, cause });
    });
  }
}

describe('the scan', () => {
  it('finds each secret in each disguise, in each place', async () => {
    await sweeps(1);
    const places = await allThatLeft();
    for (const secret of hidden()) {
      for (const disguise of disguises(secret)) {
        for (const place of Object.keys(places)) {
          const seeded = { ...places, [place]: [places[place], { deep: [`a line with ${disguise} in it`] }] };
          expect(leaks(seeded[place], [secret]), `${place}: ${disguise}`).not.toEqual([]);
        }
      }
    }
  });

  it('finds a token that is sent to the Vault of another cluster', async () => {
    await sweeps(1);
    const [stray] =
      fleet.vaults.get('given')?.received.filter(({ headers }) => headers['x-vault-token']) ?? [];
    if (!stray) throw new Error('the given token was never sent');
    expect(leaks(withoutOwnPlaces('approle', stray), hidden())).toContain(fleet.secrets.givenToken);
  });

  it('looks at a fleet that uses every secret', async () => {
    await sweeps(1);
    const { secrets, vaults, receiver } = fleet;
    const bodies = (name: string) => vaults.get(name)?.received.map(({ body }) => body) ?? [];
    const tokens = (name: string) =>
      vaults.get(name)?.received.map(({ headers }) => headers['x-vault-token']) ?? [];
    expect(bodies('approle')).toContain(loginOf('approle'));
    expect(bodies('jwt')).toContain(loginOf('jwt'));
    expect(tokens('given')).toContain(secrets.givenToken);
    // It takes no connection without a client certificate.
    expect(tokens('mutual')).toContain(secrets.issuedToken);
    expect(new Set(receiver.received.map(({ kind }) => kind))).toEqual(
      new Set(['slack', 'teams', 'webhook']),
    );
    expect(receiver.received.find(({ kind }) => kind === 'webhook')?.headers['webhook-signature']).toMatch(
      /^v1,/,
    );
    expect(receiver.strays).toContain(`/beat/${secrets.heartbeat}`);
  });
});

describe('nothing leaks', () => {
  it.each([
    ['are refused what they ask for, with their token in the answer', echo(403)],
    ['get an internal error that holds what they sent', echo(500)],
    ['get what they sent as a good answer', echo(200)],
    ['are sent elsewhere', redirect('https://elsewhere.test/v1/sys/health')],
    ['are sent elsewhere, with what they sent in the name', echo(307)],
    ['get a web page', html],
    ['are cut off', resetMidBody],
    ['get nothing that they know', answer(200, { data: { healthy: 'yes' } })],
  ])('from probes that %s', async (_how, behaviour) => {
    for (const vault of fleet.vaults.values()) vault.behave(vaultThat(behaviour, fleet.secrets.issuedToken));
    await sweeps(1);
    for (const vault of fleet.vaults.values()) {
      expect(vault.received.some(({ headers }) => headers['x-vault-token'])).toBe(true);
      // Then it is worth a message, too.
      vault.behave(echo(503));
    }
    await sweeps(1);
    await expectNothingLeaked();
    expect(fleet.receiver.received.length).toBeGreaterThan(0);
  });

  it.each([400, 403, 500, 200])('from logins that are answered by an echo with %i', async (status) => {
    for (const vault of fleet.vaults.values()) {
      const hostile = echo(status);
      const usual = vaultThat(hostile, 'unused');
      vault.behave((request, ...rest) =>
        (request.path.endsWith('/login') ? hostile : usual)(request, ...rest),
      );
    }
    await sweeps(2);
    await expectNothingLeaked();
  });

  it.each([403, 500, 200])('from Vaults that echo to every request, health too, with %i', async (status) => {
    for (const vault of fleet.vaults.values()) vault.behave(echo(status));
    await sweeps(2);
    await expectNothingLeaked();
  });

  it.each<[string, (url: string) => Answer]>([
    ['an error that repeats the hook', (url) => ({ status: 500, body: `no such hook: ${url}` })],
    [
      'a refusal that repeats it in a header',
      (url) => ({ status: 400, headers: { 'x-hook': url }, body: url }),
    ],
    ['a redirect to it', (url) => ({ status: 302, headers: { location: url } })],
    ['a wait', () => ({ status: 429, headers: { 'retry-after': '1' } })],
    ['the news that it is gone', (url) => ({ status: 410, body: url })],
    ['a cut connection', () => 'reset'],
  ])('from channels that answer with %s', async (_how, reply) => {
    fleet.receiver.respond(({ kind }) => reply(fleet.receiver.url(kind)));
    await sweeps(3);
    for (const name of fleet.vaults.keys()) await deliverOne(fleet.deps, name);
    await expectNothingLeaked();
    expect(fleet.lines.join('\n')).toContain('message-not-delivered');
  });

  it('from channels that cannot be reached at all', async () => {
    await fleet.receiver.close();
    await sweeps(2);
    await expectNothingLeaked();
    expect(fleet.lines.join('\n')).toContain('heartbeat-failed');
  });

  it.each(['live.scan', 'live.commit', 'live.update', 'history.append', 'sweeps.save', 'observations.save'])(
    'from storage that fails in %s with its key in the error',
    async (port) => {
      const { storageKey } = fleet.secrets;
      const deps = aroundPorts(fleet.deps, (call, run) => {
        if (call.name !== port) return run();
        const error = new Error(`AuthenticationFailed: SharedKey leaks:${storageKey}`, {
          cause: { request: { headers: { authorization: storageKey } } },
        });
        return Promise.reject(error);
      });
      // What a use case rejects with goes to the host, which the log of the functions passes on.
      for (let done = 0; done < 2; done += 1)
        await sweep(deps).catch((error: unknown) => fleet.deps.log.error('swept', { error }));
      await sweeps(1);
      await expectNothingLeaked();
      expect(fleet.lines.join('\n')).toContain('AuthenticationFailed');
    },
  );
});
