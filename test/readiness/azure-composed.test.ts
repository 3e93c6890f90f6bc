/** An azurekeyvault seal as the rotate app is composed for it: from its environment, with the real SDKs. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { composeRotate } from '../../shared/compose/rotate.ts';
import { judgeByKeyVault } from '../../shared/work/rotate/judge-azure-seal.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { AzureSealUnderTest, sealVaults } from './azure-seal-under-test.ts';

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
