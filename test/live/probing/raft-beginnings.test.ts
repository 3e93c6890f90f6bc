/** A cluster from nothing to three voters, then what its settings and certificates show; without readable metrics. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssueRequest } from '../../fakes/pki.ts';
import { clientOf } from '../../vault/clients.ts';
import {
  autopilotConfiguration,
  cleanup,
  entryOf,
  loginOf,
  startServers,
  type WatchedCluster,
} from './watched-cluster.ts';
import { startWatching, type Watching } from './watching.ts';

const day = 24 * 3_600_000;

describe('a raft cluster of three from its beginning', () => {
  let cluster: WatchedCluster;
  let watching: Watching;
  let login: Record<string, unknown>;

  beforeAll(async () => {
    // Autopilot looks every second, but its stabilisation time is Vault's own, 10 s.
    cluster = await startServers({ stableSeconds: 10 });
    watching = await startWatching({ payments: entryOf(cluster) });
  });
  afterAll(async () => {
    await watching?.close();
    await cluster?.close();
  });

  const rewrite = (over: Record<string, unknown> = {}) =>
    watching.rewrite({ payments: entryOf(cluster, { login, ...over }) });

  it('not one node is initialised: a new cluster, which is information and no outage', async () => {
    expect(await watching.look()).toEqual(cluster.nodes.map(({ name }) => `node-uninitialised ${name} info`));
  });

  it('the first node is initialised but sealed: the others wait to join and are not called uninitialised', async () => {
    await cluster.initialiseFirst();
    const [first, second, third] = cluster.nodes.map(({ name }) => name);
    expect(await watching.look()).toEqual([
      'cluster-sealed critical',
      `node-sealed ${first} critical under cluster-sealed`,
      'raft-tolerance-lost warning under cluster-sealed',
    ]);
    const { nodes } = await watching.observed();
    expect(nodes.map(({ health }) => health.ok && health.status)).toEqual([503, 501, 501]);
    expect(watching.finding('cluster-sealed').summary).toMatch(
      new RegExp(`${second}.*${third}.*waiting to join`),
    );
  });

  it('voters are being promoted: autopilot has no tolerance to show, and that is no lost one', async () => {
    const names = cluster.nodes.map(({ name }) => name);
    await cluster.unseal(names[0] ?? '');
    await cluster.write('POST', autopilotConfiguration, cleanup);
    login = await loginOf(cluster, watching);
    rewrite();
    await Promise.all(names.slice(1).map((name) => cluster.unseal(name)));
    await watching.settles([]);
    watching.news();

    const tolerances = new Set<unknown>();
    let voters = 0;
    while (voters < 3) {
      expect(await watching.look()).toEqual([]);
      const { raft } = await watching.observed();
      if (!raft.read || !raft.autopilot.ok)
        throw new Error(`autopilot was not read: ${JSON.stringify(raft)}`);
      const state = raft.autopilot.body;
      expect(state.healthy).toBe(true);
      tolerances.add(state.failure_tolerance);
      voters = state.voters?.length ?? 0;
    }
    expect([...tolerances]).toContain(0);
    expect(watching.news()).toEqual([]);
  });

  it("autopilot's cleanup is off, then too eager, then as it should be", async () => {
    await cluster.write('POST', autopilotConfiguration, { cleanup_dead_servers: false });
    expect(await watching.look()).toEqual(['autopilot-cleanup-off info']);
    await cluster.write('POST', autopilotConfiguration, {
      ...cleanup,
      dead_server_last_contact_threshold: '1m',
    });
    expect(await watching.look()).toEqual(['autopilot-cleanup-too-eager warning']);
    expect(watching.finding('autopilot-cleanup-too-eager').summary).toContain('after 1m0s without contact');
    await cluster.write('POST', autopilotConfiguration, cleanup);
    expect(await watching.look()).toEqual([]);
  });

  it('another version is expected', async () => {
    rewrite({ expect: { version: '0.9' } });
    expect(await watching.look()).toEqual(['version-skew info']);
    expect(watching.finding('version-skew').summary).toMatch(/^payments runs \d+\.\d+\.\S+, not 0\.9$/);
    rewrite();
    expect(await watching.look()).toEqual([]);
  });

  it('a connection that we ended comes back on the TLS session of its one full handshake, however often', async () => {
    const { address } = await cluster.awaitActive();
    const client = clientOf(address, { tls: { ca: cluster.authority.certPem } });
    const next = async () => {
      const answer = await client.health();
      await client.disconnect();
      return answer.ok ? answer.connection : answer.error;
    };
    const first = await next();
    expect(first).toEqual({ id: 1, openedAt: expect.any(Number), resumed: false });
    const handshake = { id: 1, openedAt: first && 'openedAt' in first ? first.openedAt : 0 };
    for (let id = 2; id <= 6; id += 1) expect(await next()).toMatchObject({ id, resumed: true, handshake });
  });

  it('operator seal without metrics: the connection that lived on proves that it was in process', async () => {
    const sealed = (await cluster.awaitActive()).name;
    await cluster.seal(sealed);
    await watching.until('sealed', (lines) => lines.includes(`node-sealed ${sealed} critical`));
    expect(watching.finding('node-sealed', sealed).evidence[0]).toMatch(
      /^The process did not restart since it was last seen unsealed \((same connection|it resumed)/,
    );
    await cluster.whole();
    await watching.settles([]);
  });

  it('a restart without metrics: a new connection proves nothing, so it counts as deliberate', async () => {
    const [node = ''] = await cluster.standbys();
    await cluster.kill(node);
    await cluster.start(node);
    await watching.until('sealed', (lines) => lines.includes(`node-sealed ${node} critical`));
    const [cause, consequence] = watching.finding('node-sealed', node).evidence;
    expect(cause).toMatch(/^Whether it restarted is not known: .* connection is a new one\.$/);
    expect(consequence).toContain('unknownSealCause: approval');
    await cluster.whole();
    await watching.settles([]);
  });

  it('a certificate has expired, is replaced by one for a week, then by a good one', async () => {
    const [name = ''] = await cluster.standbys();
    const node = cluster.nodes.find((each) => each.name === name);
    const present = async (over: Omit<IssueRequest, 'names'>) => {
      const issued = await cluster.authority.issue({ names: ['localhost', '127.0.0.1'], ...over });
      writeFileSync(join(cluster.folder, 'node.crt'), issued.certPem);
      writeFileSync(join(cluster.folder, 'node.key'), issued.keyPem);
      process.kill(node?.pid ?? 0, 'SIGHUP');
    };

    await present({ notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) });
    // Connections that are kept do not show it: a new process of the app makes new ones.
    await watching.until('seen', (lines) => {
      watching.restartApp();
      return lines.includes(`node-tls ${name} warning`);
    });
    expect(await watching.look()).toEqual([`node-tls ${name} warning`]);
    expect(watching.finding('node-tls', name).summary).toContain('expired');

    await present({ notAfter: new Date(Date.now() + 7 * day) });
    await watching.settles([`certificate-expiring ${name} warning`]);
    expect(watching.finding('certificate-expiring', name).evidence.join('\n')).toMatch(/\b[67] days left/);

    await present({});
    await watching.until('good', (lines) => {
      watching.restartApp();
      return lines.length === 0;
    });
  });
});
