/**
 * A provider and its consumer, whose nodes read their seal's token from a sink at each start, as a unit file makes them;
 * and the rotate app with the least that it may do. The test is its timer, its people and the process manager.
 */
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Person } from '../../../shared/people/person.ts';
import type { KindName, Rotation } from '../../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../../shared/work/rotate/deps.ts';
import { approveRotation, runRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { showRotation } from '../../../shared/work/rotate/show-rotations.ts';
import { takeTurns } from '../../../shared/work/rotate/turn.ts';
import { answer } from '../../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../../fakes/hostile/endpoint.ts';
import { until } from '../../servers/until.ts';
import type { ClusterOptions } from '../../servers/vault-cluster.ts';
import { setupTransitProvider } from '../../servers/vault-logins.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { type KeptRows, keptRows } from './kept-rows.ts';
import { LeapingClock } from './leaping-clock.ts';
import { leaping } from './leaps.ts';
import { rotateLines, startRotateLogin, tokenRole } from './rotate-login.ts';
import { type Rotating, startRotating } from './rotating.ts';

export const ada: Person = { id: 'tenant/ada', name: 'Ada', roles: ['Sealwatch.Operate'] };
export const signingKey = Buffer.alloc(32, 5);

/** A new token is there, and no sink holds anything of it. */
export const isMade = ({ stage, fresh }: Rotation): boolean =>
  stage === 'due' && fresh?.fingerprint !== undefined;

type Servers = Partial<Omit<ClusterOptions, 'vaultPath' | 'tls' | 'seal' | 'env'>>;

export interface RotatedPair extends Pick<KeptRows, 'onRow' | 'once'> {
  root: WatchedCluster;
  payments: WatchedCluster;
  rotating: Rotating;
  /** The provider's node that the consumer's seal asks. */
  front: string;
  /** Compose's own; its clock can be put ahead. */
  deps: RotateDeps;
  /** Is told where the token is. */
  hook: Endpoint;
  /** What the sink holds. */
  held(): string;
  /** Puts a token where nodes read it, as people do. */
  give(token: string): void;
  /** Of `copied`: the copy is made. */
  copy(): void;
  /** The timer's turn; the newest rotation after it. */
  turn(): Promise<Rotation>;
  /** A person asks for one; the row after the first turn. */
  ask(kind: KindName): Promise<Rotation>;
  newest(): Rotation;
  /** A person approves what the newest one needs, as it is shown to them. */
  approve(person?: Person): Promise<void>;
  /** SIGKILL and a start with what the sink holds: until the node has unsealed itself. */
  restart(node?: string): Promise<void>;
  /** Restarts, with a turn after each, until it holds of the newest rotation: the kernel tells starts to a second only. */
  restartUntil(holds: (rotation: Rotation) => boolean): Promise<Rotation>;
  /** The same, until it has ended. */
  restartUntilEnded(): Promise<Rotation>;
  /** fleet.yaml with these fields of the consumer's rotation and seal. */
  rewrite(rotation?: Record<string, unknown>, seal?: Record<string, unknown>): void;
  /** What rotate may do at the provider, line by line. */
  allow(lines: string[]): Promise<void>;
  /** So much time goes by at once, for the app: what nodes did before stays before it. */
  goAhead(ms: number): void;
  /** Accessors of every live token that unseals the consumer. */
  live(): Promise<string[]>;
  accessorOf(token: string): Promise<string | undefined>;
  close(): Promise<void>;
}

const Sealed = z.object({ sealed: z.boolean() });
const Lookup = z.object({ data: z.object({ accessor: z.string() }) });
const Entry = z.object({ data: z.object({ policies: z.array(z.string()) }) });
const Keys = z.object({ data: z.object({ keys: z.array(z.string()) }) });

export interface PairOptions {
  provider?: Servers;
  consumer?: Servers;
  /** What fleet.yaml asks for; default: the token, to a file and a webhook. */
  asks?: Record<string, unknown>;
  /** Nodes read a copy of the file, which is made within an hour. */
  copied?: boolean;
}

export async function startRotatedPair(of: PairOptions = {}): Promise<RotatedPair> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-sinks-')));
  const file = join(folder, 'token');
  const given = of.copied ? join(folder, 'copy') : file;
  const give = (token: string) => {
    for (const path of [file, given]) writeFileSync(path, token, { mode: 0o600 });
  };
  const root = await startHealthyCluster({ name: 'root', nodes: 1, fastElections: true, ...of.provider });
  const { token: first, ...seal } = await setupTransitProvider(root, { key: 'payments' });
  give(first);
  // A standby passes requests on: the provider may fail over.
  const front = (await root.standbys())[0] ?? 'root-1';
  const address = root.nodes.find(({ name }) => name === front)?.address ?? seal.address;
  const payments = await startHealthyCluster({
    name: 'payments',
    nodes: 1,
    fastElections: true,
    telemetry: true,
    ...of.consumer,
    seal: { ...seal, address },
    env: () => ({ VAULT_TOKEN: readFileSync(given, 'utf8') }),
  });
  const hook = await startEndpoint({
    behaviour: answer(204, {}),
    certificate: await root.authority.issue({ names: ['127.0.0.1'] }),
  });

  const rows = keptRows();
  const rotating = startRotating({
    settings: {
      SEALWATCH_FILE_ROOT: folder,
      SEALWATCH_SINK_ROOT: folder,
      SEALWATCH_SINK_HOSTS: new URL(hook.address).host,
    },
    state: rows.state,
    replaced: { sinks: { ca: root.authority.certPem } },
  });
  const clock = new LeapingClock();
  const deps = leaping(rotating.deps, clock);

  const rootLogin = rotating.secret('ROOT', await startRotateLogin(root, rotateLines('payments')));
  const own = ['path "sys/step-down" { capabilities = ["update", "sudo"] }'];
  const paymentsLogin = rotating.secret('PAYMENTS', await startRotateLogin(payments, own));
  await root.write('POST', 'auth/token/roles/seal-payments', tokenRole('payments'));
  const key = rotating.secret('SIGNING_KEY', `whsec_${signingKey.toString('base64')}`);
  const asks = of.asks ?? {
    token: { role: 'seal-payments' },
    sinks: {
      node: { kind: 'file', path: file, within: of.copied ? '1h' : '0s' },
      hook: { kind: 'webhook', url: `${hook.address}/tell`, signingKeys: [key], within: '0s' },
    },
  };

  const restart: RotatedPair['restart'] = async (node = 'payments-1') => {
    await payments.kill(node);
    await payments.start(node);
    await until(`${node} unseals itself`, 30, async () => {
      const { body } = await payments.request(node, 'GET', 'sys/seal-status');
      return Sealed.safeParse(body).data?.sealed === false ? true : undefined;
    });
  };
  const newest = () => {
    const rotation = rows.newest();
    if (!rotation) throw new Error(`nothing was rotated: ${rotating.lines.join('\n')}`);
    return rotation;
  };
  const turn = async () => {
    // The pause of a step that failed goes by.
    const { failing, waiting } = rows.newest() ?? {};
    if (failing && waiting) clock.goAhead(Math.max(0, waiting.until - clock.now()));
    await takeTurns(deps, 'payments');
    return newest();
  };
  const restartUntil: RotatedPair['restartUntil'] = (holds) => {
    // A start so soon after the delivery could not be told from one before it.
    clock.goAhead(10_000);
    return until(
      'the rotation moves on with a restart',
      60,
      async () => {
        await restart();
        const rotation = await turn();
        return holds(rotation) ? rotation : undefined;
      },
      () => JSON.stringify(newest(), null, 2),
    );
  };
  const ask = (path: string, body: object) =>
    root.awaitActive().then(({ name }) => root.request(name, 'POST', path, body, root.keys?.rootToken));

  const pair: RotatedPair = {
    root,
    payments,
    rotating,
    front,
    deps,
    hook,
    give,
    turn,
    newest,
    restart,
    held: () => readFileSync(file, 'utf8'),
    copy: () => copyFileSync(file, given),
    async ask(kind) {
      const said = await runRotation(deps, 'payments', kind, ada, 'a test asks for it');
      expect(said).toMatchObject({ ok: true });
      return newest();
    },
    async approve(person = ada) {
      const { id } = newest();
      const shown = await showRotation(deps, id);
      const hash = shown.ok ? shown.value.needs?.hash : undefined;
      expect(await approveRotation(deps, id, person, hash ?? '')).toMatchObject({ ok: true });
    },
    onRow: (...given) => rows.onRow(...given),
    once: (...given) => rows.once(...given),
    restartUntil,
    restartUntilEnded: () => restartUntil(({ status }) => status === 'ended'),
    rewrite(rotation = {}, over = {}) {
      rotating.rewrite({
        root: entryOf(root, {
          seal: { type: 'shamir' },
          rotateLogin: { method: 'token', token: rootLogin },
        }),
        payments: entryOf(payments, {
          rotateLogin: { method: 'token', token: paymentsLogin },
          seal: { type: 'transit', provider: 'root', key: 'payments', token: `file:${file}`, ...over },
          rotation: { ...asks, grace: '0s', ...rotation },
        }),
      });
    },
    allow: async (lines) => {
      await root.write('POST', 'sys/policies/acl/rotate', { policy: lines.join('\n') });
    },
    goAhead: (ms) => clock.goAhead(ms),
    async live() {
      const { data } = Keys.parse(await root.write('GET', 'auth/token/accessors?list=true'));
      const found = await Promise.all(
        data.keys.map(async (accessor) => {
          const { body } = await ask('auth/token/lookup-accessor', { accessor });
          // What has ended since it was listed is no entry any more.
          return Entry.safeParse(body).data?.data.policies.includes('seal-payments') ? [accessor] : [];
        }),
      );
      return found.flat();
    },
    async accessorOf(token) {
      return Lookup.safeParse((await ask('auth/token/lookup', { token })).body).data?.data.accessor;
    },
    async close() {
      rotating.close();
      await hook.close();
      await payments.close();
      await root.close();
      rmSync(folder, { recursive: true });
    },
  };
  pair.rewrite();
  return pair;
}
