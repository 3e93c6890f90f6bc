/** What `npm run package -- --check` leaves: read, loaded and asked as it would be deployed. */
import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, apps, largestBytes, root } from '../../package/apps.ts';
import { buildPackage, bytesOf, type Package } from '../../package/build.ts';
import { loadedWith, mainOutput } from '../../package/bundle.ts';
import { problemsOf } from '../../package/check.ts';
import { graphFile, graphText } from '../../package/graph.ts';
import { packageFolders } from '../../package/licences.ts';
import { zip } from '../../package/zip.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'sealwatch-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

let printed = '';
const built = {} as Record<App, Package>;
beforeAll(async () => {
  const program = join(root, 'package/main.ts');
  const command = run(process.execPath, [program, '--check', '--out', folder], { cwd: folder });
  for (const app of apps) built[app] = await buildPackage(app);
  printed = (await command).stdout;
}, 120_000);

const textOf = (app: App, path: string) => Buffer.from(built[app].files.get(path) ?? '').toString();
const jsonOf = (app: App, path: string) => JSON.parse(textOf(app, path)) as Record<string, unknown>;
const codeOf = (app: App) =>
  [...built[app].files]
    .filter(([path]) => path.endsWith('.mjs'))
    .map(([path]) => textOf(app, path))
    .join('\n');

it('the command says of each that it was loaded and is as agreed', () => {
  expect(
    printed.split('\n').filter((line) => /^ok .*: \d\.\d MB in \d+ files, loaded$/.test(line)),
  ).toHaveLength(3);
});

describe.each(apps)('%s', (app) => {
  it('is the same bytes from another process, in another folder', () => {
    const written = globSync('**/*', { cwd: join(folder, app), withFileTypes: true }).filter((e) =>
      e.isFile(),
    );
    expect(written).toHaveLength(built[app].files.size);
    for (const [path, bytes] of built[app].files)
      expect(readFileSync(join(folder, app, path)).equals(bytes), path).toBe(true);
    expect(readFileSync(join(folder, `${app}.zip`)).equals(zip(built[app].files))).toBe(true);
  });

  it('names no folder of the machine that built it', () => {
    for (const [path, bytes] of built[app].files) expect(Buffer.from(bytes).includes(root), path).toBe(false);
  });

  it('is one app for the platform: main, module type, Node, host.json, manifest', () => {
    expect(jsonOf(app, 'package.json')).toMatchObject({
      type: 'module',
      main: 'main.mjs',
      engines: { node: '24.x' },
    });
    expect(built[app].files.has('main.mjs')).toBe(true);
    expect(jsonOf(app, 'host.json')).toMatchObject({
      extensions: {
        queues: { messageEncoding: 'none', maxDequeueCount: 5, newBatchThreshold: app === 'watch' ? 2 : 0 },
      },
    });
    const { functions } = jsonOf(app, 'manifest.json') as { functions: unknown[] };
    expect(functions.length).toBeGreaterThan(0);
  });

  it('is below 10 MB', () => expect(bytesOf(built[app])).toBeLessThan(largestBytes));

  it('has a source map beside each file of code, which names our files and holds no source text', () => {
    const sources = [...built[app].files.keys()].flatMap((path) => {
      if (!path.endsWith('.mjs')) return [];
      expect(textOf(app, path)).toContain('sourceMappingURL=');
      const map = jsonOf(app, `${path}.map`);
      expect(map['sourcesContent']).toBeUndefined();
      return map['sources'] as string[];
    });
    expect(sources).toContain('../../../shared/compose.ts');
  });

  it('loads at start what registers, and nothing else', () => {
    const own = loadedWith(built[app].metafile, mainOutput).filter((path) => !path.includes('node_modules/'));
    expect(own).toEqual(['package/runtime/app.ts', 'package/runtime/on-first-use.ts']);
  });

  it('loads an SDK when it is first used: no handler brings one along', () => {
    const handlers = Object.entries(built[app].metafile.outputs).filter(([, { entryPoint }]) =>
      entryPoint?.startsWith(`functions/${app}/`),
    );
    expect(handlers).toHaveLength(globSync(`functions/${app}/*.ts`, { cwd: root }).length);
    const sdk = /node_modules\/@azure\/(core|data|identity|keyvault|msal|storage)-?/;
    expect(built[app].modules.some((path) => sdk.test(path))).toBe(true);
    for (const [output] of handlers)
      expect(loadedWith(built[app].metafile, output).filter((path) => sdk.test(path))).toEqual([]);
  });

  it('contains neither the embedded host nor its issuer, nor tools, tests or instrumentation', () => {
    const foreign =
      /^(host|cli|demo|check|test)\/|local-issuer|node_modules\/(applicationinsights|@opentelemetry\/|@azure\/(monitor|opentelemetry))/;
    expect(built[app].modules.filter((path) => foreign.test(path))).toEqual([]);
    expect(jsonOf(app, 'host.json')['telemetryMode']).toBeUndefined();
  });

  it('contains no function of another app', () => {
    const others = built[app].modules.filter((path) => /^functions\/[^/]+\//.test(path));
    expect(others.filter((path) => !path.startsWith(`functions/${app}/`))).toEqual([]);
  });

  it('lists the licence of every npm package that is in it', () => {
    const list = textOf(app, 'THIRD-PARTY-LICENCES.txt');
    const folders = packageFolders(built[app].modules);
    expect(folders.length).toBeGreaterThan(10);
    for (const path of folders) expect(list).toContain(`\n  ${path.split('node_modules/').pop()} `);
  });
});

/** What seals, opens, keeps or sends shares. */
const withShares =
  /^shared\/(escrow\/|state\/(escrow-blob|azure\/recover\/(connect|escrow))|vault\/share-client|recovery\/unseal|compose\/(recover|custodians|connect|break-glass)\.ts|work\/(recover|break-glass|import)\/)/;
/** Of recover's use cases, what only names things. */
const words = ['shared/work/recover/said.ts', 'shared/work/recover/words.ts'];

it.each(['watch', 'rotate'] as const)('%s contains no escrow code', (app) => {
  expect(built[app].modules.filter((path) => withShares.test(path) && !words.includes(path))).toEqual([]);
  expect(codeOf(app)).not.toContain('aes-256-gcm');
});

it('recover does, so these patterns find it', () => {
  expect(built.recover.modules.filter((path) => withShares.test(path)).length).toBeGreaterThan(20);
  expect(codeOf('recover')).toContain('aes-256-gcm');
});

it('what recover contains is the committed list: else look at what came to it, and run npm run package -- --graph', async () => {
  expect(await graphText(built.recover.modules)).toBe(readFileSync(join(root, graphFile), 'utf8'));
});

interface Answer {
  status: number;
  body: { error?: string; watching?: string };
  log: string;
}

async function ask(
  app: App,
  method: string,
  path: string,
  env: Record<string, string> = {},
): Promise<Answer> {
  const args = [join(import.meta.dirname, 'serve.ts'), join(folder, app), method, path];
  const settings = {
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    SEALWATCH_FLEET: join(folder, 'none.yaml'),
  };
  const { stdout } = await run(process.execPath, args, { env: { ...settings, ...env }, cwd: folder });
  return JSON.parse(stdout) as Answer;
}

describe('asked over HTTP', () => {
  it.each([
    ['watch', 'GET', 'status', { watching: 'unknown' }],
    ['rotate', 'GET', 'readiness', { error: 'people-not-configured' }],
    ['recover', 'GET', 'recoveries/payments.1', { error: 'people-not-configured' }],
  ] as const)('%s loads the handler of %s %s and runs it', async (app, method, path, body) => {
    expect(await ask(app, method, path)).toMatchObject({ status: 503, body });
  });

  it('recover takes no token of an issuer of the embedded host, whatever file it is given', async () => {
    const file = join(folder, 'issuer.pem');
    const answer = await ask('recover', 'GET', 'recoveries/payments.1', { SEALWATCH_ISSUER_FILE: file });
    expect(answer).toMatchObject({ status: 503, body: { error: 'unavailable' } });
    expect(answer.log).toContain('only the embedded host');
  });
});

describe('the check', () => {
  const broken = (name: string, change: (copy: string) => void) => {
    const copy = join(folder, name);
    cpSync(join(folder, 'watch'), copy, { recursive: true });
    change(copy);
    return problemsOf(copy);
  };
  const edit = (file: string, from: string, to: string) =>
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));

  it('finds a function that is registered otherwise than agreed', async () => {
    const found = await broken('other', (copy) =>
      edit(join(copy, 'manifest.json'), '"authLevel": "function"', '"authLevel": "anonymous"'),
    );
    expect(found).toEqual([expect.stringContaining('function "status" is registered as') as string]);
  });

  it('finds a main that matches nothing', async () => {
    const found = await broken('nothing', (copy) =>
      edit(join(copy, 'package.json'), 'main.mjs', 'dist/*.mjs'),
    );
    expect(found[0]).toBe('"main" of package.json matches no file');
  });

  it('finds a chunk that cannot be loaded, which no start would', async () => {
    const found = await broken('chunk', (copy) =>
      writeFileSync(join(copy, 'chunks/late.mjs'), 'throw new Error("late");'),
    );
    expect(found).toEqual([expect.stringContaining('cannot be loaded') as string]);
  });

  it('finds a package that is too large', async () => {
    const found = await broken('large', (copy) =>
      writeFileSync(join(copy, 'large.bin'), Buffer.alloc(largestBytes)),
    );
    expect(found).toEqual([expect.stringContaining('more than 10000000') as string]);
  });
});
