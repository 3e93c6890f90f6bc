/** The rotate app as it is composed, for rotations: a transit token at a provider, a file as sink, a consumer that is unseen. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { composeRotate } from '../../shared/compose/rotate.ts';
import type { Cluster, Fleet } from '../../shared/fleet/fleet.ts';
import type { Person } from '../../shared/people/person.ts';
import type { KindName } from '../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../shared/work/rotate/deps.ts';
import { createAuthority } from '../fakes/pki.ts';
import { memoryRotateState } from '../fakes/state/rotate-memory.ts';
import { startFakeProvider } from '../rotation/kinds/transit-under-test.ts';

export const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate', 'Sealwatch.Approve'] };

/** What fleet.yaml has else than usual. */
export interface Over {
  seal?: Record<string, unknown>;
  rotation?: Record<string, unknown>;
  payments?: Record<string, unknown>;
  cloud?: Record<string, unknown>;
}

export interface Composed {
  deps: RotateDeps;
  fleet: Fleet;
  cluster: (name: string) => Cluster;
}

export class RotationApp {
  readonly provider: Awaited<ReturnType<typeof startFakeProvider>>;
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-rotation-')));
  /** Of the token. */
  readonly path = join(this.folder, 'token');
  readonly state = memoryRotateState();
  readonly lines: string[] = [];
  readonly env: Record<string, string>;
  readonly #ca: string;

  private constructor(provider: RotationApp['provider'], ca: string) {
    this.provider = provider;
    this.#ca = ca;
    writeFileSync(this.path, `${provider.seal}\n`, { mode: 0o600 });
    this.env = {
      SEALWATCH_FLEET: join(this.folder, 'fleet.yaml'),
      SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
      SEALWATCH_FILE_ROOT: this.folder,
      SEALWATCH_SINK_ROOT: this.folder,
      SEALWATCH_SEAL_VAULTS: 'https://kv-seals.vault.azure.net',
      SEALWATCH_SECRET_OWN: provider.own,
    };
  }

  static async start(): Promise<RotationApp> {
    const authority = await createAuthority('Provider CA');
    const certificate = await authority.issue({ names: ['127.0.0.1'] });
    return new RotationApp(await startFakeProvider(certificate, authority.certPem), authority.certPem);
  }

  async composed({ seal = {}, rotation = {}, payments = {}, cloud = {} }: Over = {}): Promise<Composed> {
    const [node] = this.provider.nodes;
    const { folder, path, env, state, lines } = this;
    const clusters = {
      root: {
        nodes: [node?.endpoint.address],
        tls: { ca: this.#ca },
        rotateLogin: { method: 'token', token: 'env:SEALWATCH_SECRET_OWN' },
      },
      payments: {
        // Nobody listens there.
        nodes: [{ name: 'payments-0', address: 'https://127.0.0.1:1' }],
        seal: { type: 'transit', provider: 'root', key: 'payments', token: `file:${path}`, ...seal },
        rotation: {
          token: { role: 'seal-payments' },
          transitKey: { every: '365d' },
          sinks: { disk: { kind: 'file', path } },
          grace: '1h',
          ...rotation,
        },
        ...payments,
      },
      cloud: {
        nodes: ['https://127.0.0.2:1'],
        seal: {
          type: 'azurekeyvault',
          vault: 'kv-seals',
          key: 'cloud',
          tenant: '8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90',
          clientId: 'b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11',
          clientSecret: `file:${join(folder, 'secret')}`,
        },
        rotation: {
          secret: { application: '5d0c2f7e-91ab-4c3d-8e6f-7a1b2c3d4e5f' },
          sinks: { disk: { kind: 'file', path: join(folder, 'secret') } },
        },
        ...cloud,
      },
    };
    writeFileSync(env['SEALWATCH_FLEET'] ?? '', stringify({ version: 1, clusters }));
    const { deps } = composeRotate(env, {
      state,
      generations: async () => ({ rows: [], unreadable: [] }),
      recoveries: async () => ({ rows: [], unreadable: [] }),
      hold: async () => undefined,
      write: (line) => lines.push(line),
    });
    const { fleet } = await deps.loadFleet();
    const cluster = (name: string): Cluster => {
      const found = fleet.clusters.find((one) => one.name === name);
      if (!found) throw new Error(`no cluster ${name}`);
      return found;
    };
    return { deps, fleet, cluster };
  }

  async access(kind: KindName, over: Over = {}, name = 'payments') {
    const { deps, fleet, cluster } = await this.composed(over);
    const opened = await deps.rotation(fleet, cluster(name), kind);
    if (opened.ok) await opened.close();
    return opened;
  }

  async close(): Promise<void> {
    await this.provider.close();
    rmSync(this.folder, { recursive: true });
  }
}
