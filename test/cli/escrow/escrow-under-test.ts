/**
 * `sealwatch` in this process, over a whole small world: a simulated cluster behind TLS, two fake Key Vaults behind the
 * real SDK and a passphrase as custodians, storage in memory, and recover's use cases behind HTTP with real tokens.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, World } from '../../../cli/context.ts';
import { run } from '../../../cli/run.ts';
import { offerIssuer } from '../../../shared/compose/embedded-issuer.ts';
import { composeRecover } from '../../../shared/compose/recover.ts';
import { openLocalIssuer } from '../../../shared/people/local-issuer.ts';
import type { Role } from '../../../shared/people/person.ts';
import type { ClusterFacts } from '../../../shared/probe/head-facts.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { type FakeKeyVaults, startKeyVaults } from '../../fakes/keyvault/server.ts';
import { createAuthority, type TestAuthority } from '../../fakes/pki.ts';
import { memoryRecoverState } from '../../fakes/state/recover-memory.ts';
import { type ServedSimulation, serveSimulation } from '../../fakes/vault/http.ts';
import { createSimulation, type Simulation } from '../../fakes/vault/simulation.ts';
import { Body, routes } from './recover-routes.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** What the person at the terminal does. */
export interface Typing {
  /** Undefined: nobody is there. */
  answer?: string;
  /** What happens before the answer. */
  whileAsked?: () => Promise<void>;
  hidden?: Buffer[];
  input?: Buffer;
}

export const passphrase = `correct-horse-${randomBytes(8).toString('hex')}`;
/** As `writeFleet` takes it. */
export const withPassphrase = [[1, 2], [2, 3], [1]];
const names = ['kv-a', 'kv-b'];

export class EscrowUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'sealwatch-cli-'));
  readonly state = memoryRecoverState();
  /** Bodies and paths that recover was sent; and what it logged. */
  readonly asked: string[] = [];
  readonly logged: string[] = [];
  readonly answered: string[] = [];
  env: Record<string, string | undefined> = {};
  /** Instead of recover's answer. */
  broken: { status: number; body: string } | 'reset' | undefined;
  #recover: RecoverDeps | undefined;
  #closing: (() => Promise<unknown>)[] = [];
  #issue: (roles: Role[], name?: string) => Promise<string> = () => Promise.reject(new Error('not open'));
  simulation!: Simulation;
  served!: ServedSimulation;
  keyVaults!: FakeKeyVaults;
  authority!: TestAuthority;
  token = '';

  /** @param recoverEnv over what recover shares with the person's settings. */
  static async open(recoverEnv: Record<string, string | undefined> = {}): Promise<EscrowUnderTest> {
    const world = new EscrowUnderTest();
    await world.#open(recoverEnv);
    return world;
  }

  async #open(recoverEnv: Record<string, string | undefined>): Promise<void> {
    this.simulation = createSimulation({ name: 'payments', shares: 3, threshold: 2, nodes: 2 }, () =>
      Date.now(),
    );
    this.authority = await createAuthority('Corp CA');
    const certificate = await this.authority.issue({ names: ['127.0.0.1'] });
    this.served = await serveSimulation(this.simulation, { tls: certificate });
    this.keyVaults = await startKeyVaults(names);
    await Promise.all(names.map((name) => this.keyVaults.vault(name).rotate('escrow')));
    const issuerFile = join(this.folder, 'issuer.pem');
    const opened = await openLocalIssuer(issuerFile);
    if (!opened.ok) throw new Error(opened.message);
    this.#issue = async (roles, name = 'ada') => {
      const signed = await opened.issuer.sign(name, roles, Date.now());
      if (!signed.ok) throw new Error(signed.message);
      return signed.token;
    };
    this.writeFleet();
    this.env = {
      SEALWATCH_FLEET: join(this.folder, 'fleet.yaml'),
      SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
      SEALWATCH_ESCROW_VAULTS: names.map((name) => this.keyVaults.origin(name)).join(','),
      SEALWATCH_SECRET_PASSPHRASE: passphrase,
    };
    await this.#serve({ ...this.env, SEALWATCH_ISSUER_FILE: issuerFile, ...recoverEnv });
    await this.as(['Sealwatch.Operate']);
    this.#closing.push(
      () => this.served.close(),
      () => this.keyVaults.close(),
    );
  }

  /** Acts as this person from now on. */
  async as(roles: Role[], name = 'ada'): Promise<void> {
    this.token = await this.#issue(roles, name);
    this.env.SEALWATCH_TOKEN = this.token;
  }

  /** @param shares of the custodians a and b, and of a passphrase (each use of it takes a third of a second). */
  writeFleet({
    ca = this.authority.certPem,
    shares = [
      [1, 2],
      [2, 3],
    ],
  }: {
    ca?: string;
    shares?: number[][];
  } = {}): void {
    const [a, b, c] = shares.map((list) => `[${list.join(', ')}]`);
    const lines = [
      'version: 1',
      'clusters:',
      '  payments:',
      '    nodes:',
      ...this.served.addresses.map((address, at) => `      - {name: vault-${at}, address: "${address}"}`),
      '    tls:',
      '      ca: |',
      ...ca
        .trim()
        .split('\n')
        .map((line) => `        ${line}`),
      '    escrow:',
      '      custodians:',
      `        a: {key: "${this.keyVaults.vault('kv-a').key('escrow')}", shares: ${a}, owner: Ada's team}`,
      `        b: {key: "${this.keyVaults.vault('kv-b').key('escrow')}", shares: ${b}}`,
      ...(c ? [`        safe: {passphrase: "env:SEALWATCH_SECRET_PASSPHRASE", shares: ${c}}`] : []),
      '',
    ];
    writeFileSync(join(this.folder, 'fleet.yaml'), lines.join('\n'));
  }

  /** As `vault operator init -format=json` prints it. */
  initOutput(over: object = {}): object {
    const { shares, threshold, rootToken } = this.simulation.keys;
    return {
      unseal_keys_b64: shares,
      unseal_keys_hex: shares.map((share) => Buffer.from(share, 'base64').toString('hex')),
      unseal_shares: shares.length,
      unseal_threshold: threshold,
      recovery_keys_b64: [],
      recovery_keys_hex: [],
      recovery_keys_shares: 0,
      recovery_keys_threshold: 0,
      root_token: rootToken,
      ...over,
    };
  }

  file(content: object = this.initOutput()): string {
    const path = join(this.folder, `init-${randomBytes(4).toString('hex')}.json`);
    writeFileSync(path, JSON.stringify(content, undefined, 2), { mode: 0o600 });
    return path;
  }

  get replacements(): World {
    return {
      state: this.state,
      live: { scan: () => Promise.reject(new Error('a command reads nothing of watch')) },
      keyVault: { agent: this.keyVaults.agent },
      credential: async () => this.keyVaults.credential,
    };
  }

  async run(args: string[], typing: Typing = {}): Promise<Ran> {
    let [out, err] = ['', ''];
    const context: Context = {
      env: this.env,
      world: this.replacements,
      terminal: {
        say: (line) => void (out += `${line}\n`),
        complain: (line) => void (err += `${line}\n`),
        interactive: typing.answer !== undefined,
        ask: async () => {
          await typing.whileAsked?.();
          return typing.answer;
        },
        hidden: async () => typing.hidden,
        input: async () => typing.input ?? Buffer.alloc(0),
      },
    };
    return { code: await run(args, context), out, err };
  }

  import(args: string[] = [], typing: Typing = {}): Promise<Ran> {
    return this.run(['escrow', 'import', '--cluster', 'payments', ...args], typing);
  }

  /** Recover's next pass. @param facts what watch remembers. */
  async pass(facts?: ClusterFacts): Promise<void> {
    if (!this.#recover) throw new Error('not open');
    await runPass({ ...this.#recover, facts: async () => facts }, 'payments');
  }

  async #serve(env: Record<string, string | undefined>): Promise<void> {
    offerIssuer(openLocalIssuer);
    const { deps, authenticate } = composeRecover(env, {
      ...this.replacements,
      write: (line) => this.logged.push(line),
    });
    this.#recover = deps;
    const answer = async (request: IncomingMessage): Promise<{ status: number; json: unknown }> => {
      const { method = '', url = '', headers } = request;
      const text = await textOf(request);
      this.asked.push(`${method} ${url} ${text}`);
      for (const [route, role, use] of routes) {
        const match = route.exec(`${method} ${url}`);
        if (!match) continue;
        const who = await authenticate(headers.authorization, role);
        if (!who.ok) return { status: who.status, json: { error: who.code, message: who.message } };
        const given = text === '' ? {} : Body.parse(JSON.parse(text));
        const result = await use({ deps, person: who.person, body: given, name: match[1] ?? '' });
        return result.ok
          ? { status: 200, json: result.value }
          : { status: 409, json: { error: result.code, message: result.message } };
      }
      return { status: 404, json: {} };
    };
    const server = createServer((request, response) => {
      if (this.broken === 'reset') {
        request.socket.destroy();
      } else if (this.broken) {
        response.writeHead(this.broken.status).end(this.broken.body);
      } else {
        answer(request).then(
          ({ status, json }) => {
            const text = JSON.stringify(json);
            this.answered.push(text);
            response.writeHead(status).end(text);
          },
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.env.SEALWATCH_API = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#closing.push(async () => {
      server.closeAllConnections();
      server.close();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()));
    rmSync(this.folder, { recursive: true });
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
