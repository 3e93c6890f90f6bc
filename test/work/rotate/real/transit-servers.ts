/** A fake of a transit seal's provider behind the REAL kinds and sinks, as compose puts them together. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../../fakes/clock.ts';
import { answer } from '../../../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../../../fakes/hostile/endpoint.ts';
import { type FakeKeyVaults, startKeyVaults } from '../../../fakes/keyvault/server.ts';
import { createAuthority, type TestAuthority } from '../../../fakes/pki.ts';
import { FakeTokenProvider } from '../../../fakes/vault/token-provider.ts';
import { type Way, wayTo } from '../../../fakes/vault/way.ts';
import type { Ground, Servers } from './ground.ts';
import { filePlace, vaultPlace } from './places.ts';

const sinkVault = 'kv-nodes';
const day = 86_400;

export class TransitServers implements Servers {
  readonly vaults: FakeKeyVaults;
  readonly way: Way;
  readonly endpoint: Endpoint;
  /** Is told where a new token is. */
  readonly hook: Endpoint;
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-transit-rotation-')));
  readonly #authority: TestAuthority;
  /** Of the ground that was laid last. */
  provider = new FakeTokenProvider();
  #grounds = 0;

  private constructor(
    vaults: FakeKeyVaults,
    authority: TestAuthority,
    { endpoint, hook, way }: { endpoint: Endpoint; hook: Endpoint; way: Way },
  ) {
    this.vaults = vaults;
    this.#authority = authority;
    this.endpoint = endpoint;
    this.hook = hook;
    this.way = way;
  }

  static async start(): Promise<TransitServers> {
    const vaults = await startKeyVaults([sinkVault]);
    const authority = await createAuthority('fake provider CA');
    const certificate = await authority.issue({ names: ['127.0.0.1'] });
    const current: { servers?: TransitServers } = {};
    const way = wayTo((request) => current.servers?.provider.serve(request) ?? { status: 503 });
    const endpoint = await startEndpoint({ certificate, behaviour: way.behaviour });
    const hook = await startEndpoint({ certificate, behaviour: answer(204, {}) });
    current.servers = new TransitServers(vaults, authority, { endpoint, hook, way });
    return current.servers;
  }

  async ground(kind: Ground['kind'], first: 'people' | 'ours' = 'ours'): Promise<Ground> {
    this.way.fault(undefined);
    this.#grounds += 1;
    const clock = new ManualClock();
    const provider = new FakeTokenProvider();
    this.provider = provider;
    Object.defineProperty(provider, 'now', { get: () => Math.floor(clock.now() / 1000) });
    const madeAt = provider.now - 100 * day;
    provider.versions = [madeAt];
    const own = provider.add({ policies: ['root'] });
    const meta = { 'sealwatch-rotation': 'payments.before', 'sealwatch-cluster': 'payments' };
    const value = provider.add({
      creation_time: madeAt,
      period: day,
      role: 'seal-payments',
      path: 'auth/token/create/seal-payments',
      ...(first === 'ours' && { meta }),
    });
    const name = `payments-${this.#grounds}`;
    const file = filePlace('first', join(this.folder, name), value);
    const secret = this.vaults.vault(sinkVault).secrets;
    const places = [file, vaultPlace('second', secret, name, value)];
    const isKey = kind === 'transit-key';
    const tokens = () =>
      [...provider.tokens].filter(([, { policies }]) => policies.includes('seal-payments')).map(([of]) => of);
    return {
      kind,
      folder: this.folder,
      clock,
      env: {
        SEALWATCH_FILE_ROOT: this.folder,
        SEALWATCH_SINK_ROOT: this.folder,
        SEALWATCH_SINK_VAULTS: `https://${sinkVault}.vault.azure.net`,
        SEALWATCH_SINK_HOSTS: new URL(this.hook.address).host,
        SEALWATCH_SECRET_OWN: own,
        SEALWATCH_SECRET_SIGNING: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      },
      replaced: {
        sinks: { keyVault: { agent: this.vaults.agentOfAnyPort }, ca: this.#authority.certPem },
        credential: async () => this.vaults.credential,
      },
      clusters: {
        root: {
          nodes: [this.endpoint.address],
          tls: { ca: this.#authority.certPem },
          seal: { type: 'shamir' },
          rotateLogin: { method: 'token', token: 'env:SEALWATCH_SECRET_OWN' },
        },
        payments: {
          nodes: ['https://payments-0:8200', 'https://payments-1:8200'],
          seal: { type: 'transit', provider: 'root', key: 'payments', token: `file:${file.path}` },
          recovery: { approvals: 1 },
          rotation: isKey
            ? {
                transitKey: { every: '90d', raiseMinimum: true },
                // No snapshot of before this rotation is kept.
                keptSince: new Date(clock.now() + 30 * day * 1000).toISOString().slice(0, 10),
                stepDown: true,
                grace: '0s',
              }
            : {
                token: { role: 'seal-payments', every: '90d' },
                sinks: {
                  first: { kind: 'file', path: file.path },
                  second: { kind: 'keyVaultSecret', vault: sinkVault, secret: name, within: '0s' },
                  hook: {
                    kind: 'webhook',
                    url: `${this.hook.address}/tell`,
                    signingKeys: ['env:SEALWATCH_SECRET_SIGNING'],
                    within: '0s',
                  },
                },
                grace: '0s',
              },
        },
      },
      places: isKey ? [] : places,
      live: () => (isKey ? provider.versions.map((_made, at) => String(at + 1)) : tokens()),
      works: (used) => (isKey ? Number(used) >= provider.minimum : provider.tokens.has(used)),
      ...(isKey && { newest: () => String(provider.versions.length) }),
      secrets: () => [own, this.vaults.token, ...tokens()],
    };
  }

  async close(): Promise<void> {
    await this.endpoint.close();
    await this.hook.close();
    await this.vaults.close();
    rmSync(this.folder, { recursive: true });
  }
}
