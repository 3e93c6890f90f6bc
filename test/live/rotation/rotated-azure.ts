/**
 * A real Vault that Azure Key Vault unseals (fakes of it, of Entra and of Graph), whose node is given its client secret from a
 * sink at each start; and the rotate app. The test is its timer, its people and the process manager.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import type { KindName, Rotation } from '../../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../../shared/work/rotate/deps.ts';
import { runRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { takeTurns } from '../../../shared/work/rotate/turn.ts';
import { startConnectProxy } from '../../servers/connect-proxy.ts';
import { until } from '../../servers/until.ts';
import { AzureServers, sealKey, sealVault, sinkVault } from '../../work/rotate/real/azure-servers.ts';
import { filePlace, vaultPlace } from '../../work/rotate/real/places.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { keptRows } from './kept-rows.ts';
import { LeapingClock } from './leaping-clock.ts';
import { startRotateLogin } from './rotate-login.ts';
import { type Rotating, startRotating } from './rotating.ts';

export const ada: Person = {
  id: 'tenant/ada',
  name: 'Ada',
  roles: ['Sealwatch.Operate', 'Sealwatch.Approve'],
};

export interface RotatedAzure {
  azure: AzureServers;
  edge: WatchedCluster;
  rotating: Rotating;
  deps: RotateDeps;
  clock: LeapingClock;
  /** What each place holds that nodes are given the secret from: a file, and a secret of a Key Vault. */
  held(): (string | undefined)[];
  /** What `sys/health` says. */
  health(): Promise<number>;
  /** The timer's turn; the newest rotation after it. */
  turn(): Promise<Rotation>;
  /** A person asks for one; the row after the first turn. */
  ask(kind: KindName): Promise<Rotation>;
  newest(): Rotation;
  /** All that was kept or logged. */
  told(): unknown;
  /** Called after each write of a row, before the turn goes on. */
  onRow(callback: ((rotation: Rotation) => Promise<void>) | undefined): void;
  /** SIGKILL and a start with what a sink holds, each of them in turn: until the node serves. */
  restart(): Promise<void>;
  /** SIGKILL and a start, whatever comes of it. */
  bounce(): Promise<void>;
  /** Restarts, with a turn after each, until the newest rotation has ended. */
  restartUntilEnded(): Promise<Rotation>;
  /** fleet.yaml asks for this, of this cluster. */
  asks(rotation: Record<string, unknown>): void;
  close(): Promise<void>;
}

const day = 86_400_000;
const node = 'edge-1';

export async function startRotatedAzure(): Promise<RotatedAzure> {
  const azure = await AzureServers.start();
  const clock = new LeapingClock();
  azure.clock = clock;
  const startsAt = clock.now() - 100 * day;
  for (const id of azure.seals.versionsOf(sealKey)) azure.seals.set(id, { createdAt: new Date(startsAt) });
  const { value: first } = azure.graph.addByHand({
    displayName: 'sealwatch edge.before',
    startsAt,
    endsAt: startsAt + 180 * day,
  });
  const path = join(azure.folder, 'edge');
  const places = [
    filePlace('node', path, first),
    vaultPlace('vault', azure.nodes.secrets, 'edge-seal', first),
  ];
  const trusted = join(azure.folder, 'ca.pem');
  writeFileSync(trusted, `${azure.vaults.authority.certPem}\n${azure.entra.caPem}\n`);
  const proxy = await startConnectProxy({
    [`${sealVault}.vault.azure.net:443`]: azure.vaults.port,
    'login.microsoftonline.com:443': azure.entra.port,
  });
  let starts = 0;
  const { tenant, clientId } = azure.entra;
  const edge = await startHealthyCluster({
    name: 'edge',
    nodes: 1,
    telemetry: true,
    fastElections: true,
    seal: { vault: sealVault, key: sealKey, tenant, clientId },
    env() {
      starts += 1;
      const given = places[starts % places.length]?.live();
      return {
        HTTPS_PROXY: proxy.address,
        SSL_CERT_FILE: trusted,
        ...(given !== undefined && { AZURE_CLIENT_SECRET: given }),
      };
    },
  });

  const rows = keptRows();
  const rotating = startRotating({
    settings: azure.env,
    state: rows.state,
    replaced: { ...azure.replaced, clock },
  });
  // By a clock that leaps, every leap would be one between the nodes' clocks and ours.
  const eyes = startRotating();
  const { deps } = rotating;
  deps.sight = async (cluster) => clock.tell(await eyes.deps.sight(cluster));
  const login = rotating.secret(
    'EDGE',
    await startRotateLogin(edge, ['path "sys/step-down" { capabilities = ["update", "sudo"] }']),
  );

  const health = async () => (await edge.request(node, 'GET', 'sys/health')).status;
  const bounce = async () => {
    await edge.kill(node);
    await edge.start(node);
  };
  const newest = () => {
    const rotation = rows.newest();
    if (!rotation) throw new Error(`nothing was rotated: ${rotating.lines.join('\n')}`);
    return rotation;
  };
  const rig: RotatedAzure = {
    azure,
    edge,
    rotating,
    deps,
    clock,
    health,
    bounce,
    newest,
    told: () => [rotating.lines, rows.all()],
    held: () => places.map((place) => place.live()),
    async turn() {
      // The pause of a step that failed goes by.
      const { failing, waiting } = rows.newest() ?? {};
      if (failing && waiting) clock.goAhead(Math.max(0, waiting.until - clock.now()));
      await takeTurns(deps, 'edge');
      return newest();
    },
    async ask(kind) {
      const said = await runRotation(deps, 'edge', kind, ada, 'a test asks for it');
      expect(said).toMatchObject({ ok: true });
      return newest();
    },
    onRow: (...given) => rows.onRow(...given),
    async restart() {
      await bounce();
      await edge.awaitState(node, [200]);
    },
    restartUntilEnded: () =>
      until(
        'the rotation ends',
        90,
        async () => {
          await rig.restart();
          const rotation = await rig.turn();
          return rotation.status === 'ended' ? rotation : undefined;
        },
        () => JSON.stringify(newest(), null, 2),
      ),
    asks(rotation) {
      rotating.rewrite({
        edge: entryOf(edge, {
          rotateLogin: { method: 'token', token: login },
          seal: {
            type: 'azurekeyvault',
            tenant,
            clientId,
            clientSecret: `file:${path}`,
            vault: sealVault,
            key: sealKey,
          },
          recovery: { approvals: 1 },
          rotation: { grace: '0s', ...rotation },
        }),
      });
    },
    async close() {
      rotating.close();
      eyes.close();
      await edge.close();
      await proxy.close();
      await azure.close();
    },
  };
  return rig;
}

/** What fleet.yaml asks for of the client secret. */
export const secretAsked = ({ azure }: RotatedAzure) => ({
  secret: { application: azure.graph.objectId, life: '180d' },
  sinks: {
    node: { kind: 'file', path: join(azure.folder, 'edge') },
    vault: { kind: 'keyVaultSecret', vault: sinkVault, secret: 'edge-seal', within: '0s' },
  },
});
