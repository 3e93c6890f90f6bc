/** An azurekeyvault seal as the rotate app is composed for it: from its environment, with the real SDKs. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { composeRotate } from '../../shared/compose/rotate.ts';
import { judgeByKeyVault } from '../../shared/work/rotate/judge-azure-seal.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { AzureSealUnderTest, sealOf, sealVaults } from './azure-seal-under-test.ts';

let under: AzureSealUnderTest;
let lines: string[];
beforeEach(async () => {
  under = await AzureSealUnderTest.start();
  lines = [];
});
afterEach(() => under.close());

const secretOf = () => under.secrets['env:SEALWATCH_SECRET_SEAL'] ?? '';

function composed(env: Record<string, string> = {}) {
  const own = {
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    SEALWATCH_SEAL_VAULTS: sealVaults.join(' '),
    SEALWATCH_SECRET_SEAL: secretOf(),
    ...env,
  };
  return composeRotate(own, { azure: under.replaced, write: (line) => lines.push(line) }).deps;
}

it('is exercised with the secret of its reference, at its own vault', async () => {
  const judged = await judgeByKeyVault(composed(), under.withSecret);
  expect(judged.standing).toEqual({ state: 'ready' });
  expect(under.vault.calls.unwrapKey).toBe(1);
});

it('is not ready once the secret is removed behind its back, and says nothing of it anywhere', async () => {
  const secret = secretOf();
  const deps = composed();
  under.entra.removeSecret(secret);
  const judged = await judgeByKeyVault(deps, under.withSecret);
  expect(judged.standing.state).toBe('not-ready');
  deps.log.error('a clumsy line', { secret });
  expect(lines).toHaveLength(1);
  expect(leaks([judged, lines], [secret])).toEqual([]);
});

it.each([
  ['SEALWATCH_SEAL_VAULTS', 'https://another.vault.azure.net', 'SEALWATCH_SEAL_VAULTS'],
  ['SEALWATCH_SECRET_SEAL', '', 'SEALWATCH_SECRET_SEAL'],
])('is unknown with %s=%j, and the words name it; nobody is called', async (name, value, named) => {
  const judged = await judgeByKeyVault(composed({ [name]: value }), under.withSecret);
  expect(judged.standing).toMatchObject({ state: 'unknown', why: expect.stringContaining(named) });
  expect(judged.unjudged['seal-not-ready']).toContain(named);
  expect([under.entra.received, under.vaults.received]).toEqual([[], []]);
});

it('sends a secret in a file as it is, for the nodes do: Entra refuses the newline at its end', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-azure-')));
  try {
    const path = join(folder, 'secret');
    const seal = sealOf(`${under.ids}, clientSecret: "file:${path}"`);
    const deps = composed({ SEALWATCH_FILE_ROOT: folder });
    writeFileSync(path, secretOf());
    expect((await judgeByKeyVault(deps, seal)).standing.state).toBe('ready');
    writeFileSync(path, `${secretOf()}\n`);
    const judged = await judgeByKeyVault(deps, seal);
    expect(judged.standing.state).toBe('not-ready');
    deps.log.error('a clumsy line', { secret: secretOf() });
    expect(leaks([judged, lines], [secretOf()])).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('is unknown where rotate may not read the vault of its secret, and the words name field and setting', async () => {
  const seal = sealOf(`${under.ids}, clientSecret: "keyvault:https://kv-seals.vault.azure.net/secrets/a"`);
  const { standing } = await judgeByKeyVault(composed(), seal);
  expect(standing).toMatchObject({
    state: 'unknown',
    why: expect.stringMatching(/seal\.clientSecret: .*SEALWATCH_KEY_VAULTS/),
  });
  expect(under.entra.received).toEqual([]);
});
