/** `npm run audit` with the real npm, against registries of ours on loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A registry that answers questions for advisories with this, and knows nothing else. */
async function registry(status: number, advisories: object) {
  const asked: Record<string, string[]>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isAsked = request.url === '/-/npm/v1/security/advisories/bulk';
      const sent = Buffer.concat(chunks);
      if (isAsked)
        asked.push(
          JSON.parse(
            String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent),
          ) as (typeof asked)[number],
        );
      response.writeHead(isAsked ? status : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isAsked ? advisories : {}));
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked };
}

async function audit(url: string, ...args: string[]) {
  // As in an image that leaves development out.
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    npm_config_registry: url,
    npm_config_fetch_retries: '0',
  };
  const child = spawn(process.execPath, ['check/audit.ts', ...args], { cwd: root, env });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { out, err, code };
}

it('asks for every package of the lock file with its version: development’s, too, for esbuild writes what runs', async () => {
  const { url, asked } = await registry(200, {});
  const { out, code } = await audit(url);
  const clean = /^ok: no known advisory against (\d\d\d) packages, (\d\d+) of them production\n$/;
  expect([code, out]).toEqual([0, expect.stringMatching(clean)]);
  const [all = 0, production = 0] = clean.exec(out)?.slice(1).map(Number) ?? [];
  expect(production).toBeLessThan(all);
  const [packages = {}] = asked;
  expect(packages['undici']).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  expect(packages).toHaveProperty('zod');
  for (const name of ['esbuild', 'typescript', 'vitest'])
    expect(packages[name], name).toEqual([expect.any(String)]);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { name?: string }>;
  };
  const names = Object.keys(lock.packages).flatMap((path) => path.split('node_modules/').slice(1).slice(-1));
  expect(names.filter((name) => !(name in packages))).toEqual([]);
});

it('fails on a known advisory, and names package, versions, whose it is and where to read', async () => {
  const advisory = {
    id: 1,
    url: 'https://github.com/advisories/GHSA-0000',
    title: 'Requests can be split',
    severity: 'low',
    vulnerable_versions: '<=999.0.0',
  };
  const known = [{ ...advisory, cwe: [], cvss: { score: 2, vectorString: null } }];
  const said = 'Requests can be split (https://github.com/advisories/GHSA-0000)';
  for (const [name, whose] of [
    ['undici', 'production'],
    ['esbuild', 'development'],
  ] as const) {
    const { url } = await registry(200, { [name]: known });
    const { err, code } = await audit(url);
    expect(code, name).toBe(1);
    expect(err).toContain(`  ${whose}: ${name} <=999.0.0: low: ${said}`);
  }
});

it.each<[string, string[], number]>([
  ['says loudly that nothing was audited', [], 0],
  ['fails with --required', ['--required'], 1],
])('a registry without advisories: %s', async (_what, args, expected) => {
  const { url } = await registry(405, { error: 'no' });
  const { out, err, code } = await audit(url, ...args);
  expect([code, out]).toEqual([expected, '']);
  expect(err).toContain('NOT AUDITED');
  expect(err).not.toContain('127.0.0.1');
});
