import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { until } from '../servers/until.ts';
import { allGone, startDemo } from './demo-process.ts';
import { machineWithoutVault } from './machine.ts';

it('says what it takes when asked, and starts nothing', async () => {
  const demo = startDemo(['--help']);
  expect(await demo.exit).toBe(0);
  expect(demo.output()).toContain('--sim');
  expect(demo.leftFiles()).toEqual([]);
});

it('refuses an argument that it does not know, by name', async () => {
  const demo = startDemo(['--chekc']);
  expect(await demo.exit).toBe(2);
  expect(demo.output()).toContain('does not know --chekc');
  expect(demo.leftFiles()).toEqual([]);
});

it('takes nothing else when SEALWATCH_VAULT_BIN is no Vault', async () => {
  const demo = startDemo(['--check'], { SEALWATCH_VAULT_BIN: '/nonexistent/vault' });
  expect(await demo.exit).toBe(1);
  expect(demo.output()).toMatch(/SEALWATCH_VAULT_BIN is \/nonexistent\/vault.*--sim/);
  expect(demo.leftFiles()).toEqual([]);
});

it.each([
  ['SIGINT', 'process'],
  ['SIGINT', 'group'],
  ['SIGTERM', 'process'],
] as const)('leaves nothing behind when %s comes to its %s in the middle of a build', async (signal, to) => {
  const { env } = machineWithoutVault('endless');
  const demo = startDemo(['--check'], env);
  await demo.says('building Vault');
  expect(demo.output()).toContain('usually takes 3 to 7 minutes');
  expect(demo.output()).toContain('npm run demo -- --sim');
  await until('Go is at work', 20, async () =>
    demo.leftFiles().some((path) => path.endsWith('go-build1')) ? true : undefined,
  );
  const pids = demo.descendants();
  demo.signal(signal, to);
  expect(await demo.exit).toBe(signal === 'SIGINT' ? 130 : 143);
  await allGone(pids);
  expect(demo.output()).toContain('Nothing is left behind');
  expect(demo.output()).not.toContain('could be built');
  expect(demo.leftFiles()).toEqual([]);
  const built = readdirSync(env.XDG_CACHE_HOME, { recursive: true, withFileTypes: true });
  expect(built.filter((entry) => entry.isFile())).toEqual([]);
});
