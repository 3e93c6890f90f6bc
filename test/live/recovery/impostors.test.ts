/** Somebody else on a node's address (rule 2): no byte of a share reaches whom the generation does not trust. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formsOf } from '../../escrow/build.ts';
import { createAuthority, type TestAuthority } from '../../fakes/pki.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, sealed } from './clusters.ts';
import { type Impostor, type ImpostorSettings, startImpostor } from './impostor.ts';
import { type Entry, Recovering } from './recovering.ts';

const node = 'vault-1';
let cluster: WatchedCluster;
/** A CA that nobody trusts. */
let stranger: TestAuthority;
let app: Recovering;
const impostors: Impostor[] = [];

beforeAll(async () => {
  [cluster, stranger] = await Promise.all([startHealthyCluster({ nodes: 1 }), createAuthority('stranger')]);
});
afterAll(() => cluster?.close());
beforeEach(async () => {
  await cluster.kill(node);
});
afterEach(async () => {
  await Promise.all(impostors.splice(0).map((impostor) => impostor.close()));
  app.close();
});

const address = () => cluster.nodes[0]?.address ?? '';
const port = () => Number(new URL(address()).port);
const entry = (over: Entry = {}) => automatic(cluster, { unknownSealCause: 'automatic', ...over });

async function started(over: Entry = {}): Promise<void> {
  app = new Recovering({ clusters: { payments: entry(over) } });
  await app.escrow('payments', cluster.keys?.shares ?? []);
}

/** On the node's own address, unless told otherwise. */
async function impostor(settings: ImpostorSettings): Promise<Impostor> {
  const started = await startImpostor({ port: port(), ...settings });
  impostors.push(started);
  return started;
}

/** How many of the five shares are in what it received, in any form. */
function sharesAt(received: Impostor): number {
  const text = received.bytes().toString('latin1');
  const shares = (cluster.keys?.shares ?? []).map((share) => Buffer.from(share, 'base64'));
  return shares.filter((share) => formsOf(share).some((form) => text.includes(form))).length;
}

describe("on the node's address", () => {
  it('whoever has a certificate that the binding trusts is the node: this is what a leak would look like here', async () => {
    await started();
    const known = await impostor({ certificate: await cluster.authority.issue({ names: ['127.0.0.1'] }) });
    await app.nudge();
    expect(known.bytes().toString()).toContain('/v1/sys/unseal');
    expect(sharesAt(known)).toBe(3);
  });

  const day = 86_400_000;
  it.each<[string, () => Promise<ImpostorSettings>]>([
    [
      "another CA's certificate",
      async () => ({ certificate: await stranger.issue({ names: ['127.0.0.1'] }) }),
    ],
    [
      'an expired certificate',
      async () => ({
        certificate: await cluster.authority.issue({
          names: ['127.0.0.1'],
          notBefore: new Date(Date.now() - 2 * day),
          notAfter: new Date(Date.now() - day),
        }),
      }),
    ],
    [
      'a certificate for another name',
      async () => ({
        certificate: await cluster.authority.issue({ names: ['vault.example.com', '127.0.0.2'] }),
      }),
    ],
    ['plain HTTP', async () => ({})],
  ])('%s gets nothing', async (_what, settings) => {
    await started();
    const received = await impostor(await settings());
    const recovery = await app.nudge();
    expect(sharesAt(received)).toBe(0);
    expect(received.bytes().toString('latin1')).not.toContain('sys/');
    expect(app.sent).toEqual([]);
    expect(recovery?.ended?.outcome).not.toBe('recovered');
  });

  it("another CA's certificate gets nothing where checks were switched off for the whole process", async () => {
    await started();
    const received = await impostor({ certificate: await stranger.issue({ names: ['127.0.0.1'] }) });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await app.nudge();
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    expect(received.bytes().length).toBe(0);
    expect(app.sent).toEqual([]);
  });

  it("the right CA's certificate without the node's key gets nothing where the key is pinned", async () => {
    const pinned = await cluster.authority.issue({ names: ['127.0.0.1'] });
    await started({ tls: { ca: cluster.ca, pins: [pinned.spki] } });
    const received = await impostor({
      certificate: await cluster.authority.issue({ names: ['127.0.0.1'] }),
    });
    await app.nudge();
    expect(sharesAt(received)).toBe(0);
    expect(received.bytes().toString('latin1')).not.toContain('sys/');
    await Promise.all(impostors.splice(0).map((one) => one.close()));
    const own = await impostor({ certificate: pinned });
    await app.nudge();
    expect(sharesAt(own)).toBe(3);
  });

  it("the right CA's certificate alone is taken for the node where nothing is pinned, as the import says", async () => {
    await started();
    const received = await impostor({
      certificate: await cluster.authority.issue({ names: ['127.0.0.1'] }),
    });
    await app.nudge();
    expect(sharesAt(received)).toBe(3);
  });
});

it.each(['/v1/sys/health', '/v1/sys/seal-status', '/v1/sys/unseal'])(
  'a redirect of %s is not followed',
  async (path) => {
    await started();
    const certificate = await cluster.authority.issue({ names: ['127.0.0.1'] });
    const target = await impostor({ certificate, port: 0 });
    const trusted = await impostor({
      certificate,
      redirect: { path, to: `https://127.0.0.1:${target.port}` },
    });
    await app.nudge();
    expect(trusted.bytes().toString()).toContain(path);
    expect(target.connections).toBe(0);
    expect(target.bytes().length).toBe(0);
  },
);

describe('an edited fleet.yaml', () => {
  it('that names other addresses and their CA sends nothing there', async () => {
    await started();
    const elsewhere = await impostor({
      certificate: await stranger.issue({ names: ['127.0.0.1'] }),
      port: 0,
    });
    const nodes = [{ name: node, address: `https://127.0.0.1:${elsewhere.port}` }];
    app.rewrite({ payments: entry({ nodes, tls: { ca: stranger.certPem } }) });
    const recovery = await app.nudge();
    expect(elsewhere.connections).toBe(0);
    expect(app.sent).toEqual([]);
    expect(recovery?.ended?.outcome).not.toBe('recovered');
  });

  it("that names another CA for the node's own address sends nothing there", async () => {
    await started();
    const received = await impostor({ certificate: await stranger.issue({ names: ['127.0.0.1'] }) });
    app.rewrite({ payments: entry({ tls: { ca: stranger.certPem } }) });
    await app.nudge();
    expect(received.bytes().length).toBe(0);
    expect(app.sent).toEqual([]);
  });

  it('refuses recovery also of the true node, and says in which field it differs', async () => {
    await started();
    await cluster.start(node);
    app.rewrite({ payments: entry({ tls: { ca: stranger.certPem } }) });
    expect((await app.nudge())?.ended).toMatchObject({
      outcome: 'refused',
      summary: expect.stringMatching(/fleet\.yaml differs from what generation 1\.1 is bound to: .*ca/i),
    });
    expect(app.sent).toEqual([]);
    expect(await sealed(cluster)).toEqual([node]);
  });
});

it('a proxy that the environment names is not asked: the node itself is, and serves', async () => {
  await started();
  await cluster.start(node);
  const proxy = await impostor({ port: 0 });
  const names = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
  for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`;
  try {
    expect((await app.nudge())?.ended?.outcome).toBe('recovered');
  } finally {
    for (const name of names) delete process.env[name];
  }
  expect(proxy.connections).toBe(0);
});
