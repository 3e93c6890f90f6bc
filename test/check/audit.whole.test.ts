/** `npm run audit` with the real npm, against registries of ours on loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  const env = { ...process.env, npm_config_registry: url, npm_config_fetch_retries: '0' };
  const child = spawn(process.execPath, ['check/audit.ts', ...args], { cwd: root, env });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { out, err, code };
}

it('asks for every production package with its version, and for no other', async () => {
  const { url, asked } = await registry(200, {});
  const { out, code } = await audit(url);
  expect([code, out]).toEqual([0, expect.stringMatching(/^ok: no known advisory against \d\d+ production/)]);
  const [packages = {}] = asked;
  expect(packages['undici']).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  expect(packages).toHaveProperty('zod');
  expect(packages).not.toHaveProperty('vitest');
});

it('fails on a known advisory, and names package, versions and where to read', async () => {
  const advisory = {
    id: 1,
    url: 'https://github.com/advisories/GHSA-0000',
    title: 'Requests can be split',
    severity: 'low',
    vulnerable_versions: '<=999.0.0',
  };
  const { url } = await registry(200, {
    undici: [{ ...advisory, cwe: [], cvss: { score: 2, vectorString: null } }],
  });
  const { err, code } = await audit(url);
  expect(code).toBe(1);
  expect(err).toContain(
    'undici <=999.0.0: low: Requests can be split (https://github.com/advisories/GHSA-0000)',
  );
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
