import { describe, expect, it } from 'vitest';
import { connectApi } from '../../cli/api/client.ts';
import { apiOrigin } from '../../cli/api/origin.ts';
import { personIn, personToken } from '../../cli/api/person-token.ts';
import type { World } from '../../cli/context.ts';
import { terminalUnderTest } from './terminal-under-test.ts';

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;

describe("recover's address", () => {
  it.each([
    [{}, 'http://127.0.0.1:7071'],
    [{ SEALWATCH_PORT: '8080' }, 'http://127.0.0.1:8080'],
    [{ SEALWATCH_API: 'https://recover.azurewebsites.net/' }, 'https://recover.azurewebsites.net'],
    [{ SEALWATCH_API: 'http://localhost:7071' }, 'http://localhost:7071'],
    [{ SEALWATCH_API: 'http://[::1]:7071' }, 'http://[::1]:7071'],
  ])('of %j is %s', (env, origin) => {
    expect(apiOrigin(env)).toBe(origin);
  });

  it.each([
    ['http://recover.example.com', /must be https/],
    ['http://127.0.0.1.example.com', /must be https/],
    ['http://127.1.1.1@example.com', /must be an origin/],
    ['https://recover.example.com/api', /must be an origin/],
    ['ftp://recover.example.com', /must be an origin/],
    ['recover', /must be an origin/],
  ])('%s is refused: a token would go there', (api, why) => {
    expect(() => apiOrigin({ SEALWATCH_API: api })).toThrow(why);
  });
});

it.each(['rotate', 'watch'] as const)("%s's address is refused by its own name", (app) => {
  const setting = `SEALWATCH_${app.toUpperCase()}_API`;
  const env = { SEALWATCH_API: 'https://recover.example.com', [setting]: 'http://x.example.com' };
  expect(() => apiOrigin(env, app)).toThrow(new RegExp(`^${setting} must be https`));
  expect(apiOrigin(env)).toBe('https://recover.example.com');
});

it.each(['rotate', 'watch'] as const)(
  "%s's address is not that of recover on Azure: its token is no business of recover's",
  (app) => {
    const env = { SEALWATCH_API: 'https://recover.example.com' };
    expect(() => apiOrigin(env, app)).toThrow(
      `set SEALWATCH_${app.toUpperCase()}_API to where ${app} runs: SEALWATCH_API is recover's address`,
    );
  },
);

describe("rotate's address", () => {
  it.each([
    [{}, 'http://127.0.0.1:7071'],
    [{ SEALWATCH_API: 'http://127.0.0.1:8080' }, 'http://127.0.0.1:8080'],
    [
      {
        SEALWATCH_API: 'https://recover.azurewebsites.net',
        SEALWATCH_ROTATE_API: 'https://rotate.azurewebsites.net',
      },
      'https://rotate.azurewebsites.net',
    ],
  ])('of %j is %s', (env, origin) => {
    expect(apiOrigin(env, 'rotate')).toBe(origin);
  });
});

describe("a person's token", () => {
  const azure = 'https://recover.azurewebsites.net';
  const token = (env: Record<string, string>, origin = azure, world: World = {}) =>
    personToken({ env, world }, origin);

  it('is the given one first', async () => {
    expect(await token({ SEALWATCH_TOKEN: ' a.b.c\n', SEALWATCH_ENTRA_AUDIENCE: 'app' })).toBe('a.b.c');
  });

  it('is of the Azure login otherwise, for our own registration and nothing of Microsoft', async () => {
    const scopes: string[] = [];
    const azureToken = async (scope: string) => {
      scopes.push(scope);
      return 'a.b.c';
    };
    expect(await token({ SEALWATCH_ENTRA_AUDIENCE: 'app' }, azure, { azureToken })).toBe('a.b.c');
    expect(scopes).toEqual(['api://app/.default']);
  });

  it('is for the registration of the app that is called, and for no other', async () => {
    const env = {
      SEALWATCH_ENTRA_AUDIENCE: 'of-recover',
      SEALWATCH_ROTATE_AUDIENCE: 'of-rotate',
      SEALWATCH_WATCH_AUDIENCE: 'of-watch',
    };
    const scopes: string[] = [];
    const world: World = {
      async azureToken(scope) {
        scopes.push(scope);
        return 'a.b.c';
      },
    };
    for (const app of ['recover', 'rotate', 'watch'] as const) await personToken({ env, world }, azure, app);
    expect(scopes).toEqual([
      'api://of-recover/.default',
      'api://of-rotate/.default',
      'api://of-watch/.default',
    ]);
    const { SEALWATCH_WATCH_AUDIENCE: _, ...without } = env;
    await expect(personToken({ env: without, world }, azure, 'watch')).rejects.toThrow(
      "set SEALWATCH_WATCH_AUDIENCE to the application id of watch's registration",
    );
    expect(scopes).toHaveLength(3);
  });

  it.each([
    [
      'another app',
      { aud: 'of-recover' },
      /is for another application than watch's \(SEALWATCH_WATCH_AUDIENCE\)/,
    ],
    ['a list of others', { aud: ['a', 'b'] }, /is for another application/],
    ['this app', { aud: 'of-watch' }, undefined],
    ['this app, by its address', { aud: 'api://of-watch' }, undefined],
    ['nobody named', { oid: 'ada' }, undefined],
  ])('that is given and is for %s goes only where it belongs', async (_, claims, refused) => {
    const env = { SEALWATCH_TOKEN: jwt(claims), SEALWATCH_WATCH_AUDIENCE: 'of-watch' };
    const asked = personToken({ env, world: {} }, azure, 'watch');
    if (refused) await expect(asked).rejects.toThrow(refused);
    else expect(await asked).toBe(env.SEALWATCH_TOKEN);
    // Nobody said whose it is: the app will.
    const { SEALWATCH_WATCH_AUDIENCE: _named, ...unnamed } = env;
    expect(await personToken({ env: unnamed, world: {} }, azure, 'watch')).toBe(env.SEALWATCH_TOKEN);
  });

  it.each(['recover', 'rotate', 'watch'] as const)(
    'of a command of %s is asked for that app',
    async (app) => {
      const scopes: string[] = [];
      const azureToken = async (scope: string) => {
        scopes.push(scope);
        return 'a.b.c';
      };
      const env = {
        SEALWATCH_API: 'https://recover.example.com',
        SEALWATCH_ROTATE_API: 'https://rotate.example.com',
        SEALWATCH_WATCH_API: 'https://watch.example.com',
        SEALWATCH_ENTRA_AUDIENCE: 'of-recover',
        SEALWATCH_ROTATE_AUDIENCE: 'of-rotate',
        SEALWATCH_WATCH_AUDIENCE: 'of-watch',
      };
      const { origin } = await connectApi(
        { env, world: { azureToken }, terminal: terminalUnderTest().terminal },
        app,
      );
      expect([origin, scopes]).toEqual([`https://${app}.example.com`, [`api://of-${app}/.default`]]);
    },
  );

  it('never goes from the Azure login to loopback by itself', async () => {
    const azureToken = () => Promise.reject(new Error('must not be asked'));
    const env = { SEALWATCH_ENTRA_AUDIENCE: 'app' };
    await expect(token(env, 'http://127.0.0.1:7071', { azureToken })).rejects.toThrow(
      'token --as NAME --role operate',
    );
  });

  it.each([
    [{}, 'set SEALWATCH_ENTRA_AUDIENCE'],
    [{ SEALWATCH_ENTRA_AUDIENCE: 'app' }, 'run az login'],
    [{ SEALWATCH_TOKEN: 'Bearer a.b.c' }, 'without quotes or "Bearer"'],
    [{ SEALWATCH_TOKEN: 'a.b\r\nx: y' }, 'SEALWATCH_TOKEN is no token'],
  ])('that cannot be had with %j is told with the fix', async (env, fix) => {
    await expect(token(env, azure, { azureToken: async () => undefined })).rejects.toThrow(fix);
  });

  it('names its person, as a label', () => {
    expect(personIn(jwt({ tid: 'tenant', oid: 'ada' }))).toBe('tenant/ada');
    expect(personIn(jwt({ tid: 'tenant' }))).toMatch(/^local:./);
    expect(personIn(jwt({ tid: 'tenant', oid: 'a\nb' }))).toMatch(/^local:./);
    expect(personIn('no token')).toMatch(/^local:./);
  });
});

it('calls nothing before it has a token', async () => {
  const context = { env: {}, world: {}, terminal: terminalUnderTest().terminal };
  await expect(connectApi(context)).rejects.toThrow('no token');
});
