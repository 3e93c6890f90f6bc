/** The contract of kinds, at a fake of a provider. On a real Vault: test/live/rotation/transit-kinds.test.ts. */
import { beforeAll } from 'vitest';
import { transitKey } from '../../../shared/rotation/kinds/transit-key.ts';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import { type KindUnderTest, rotationKindContract } from '../../contract/rotation-kind.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../../fakes/pki.ts';
import { startFakeProvider, transitExpects } from './transit-under-test.ts';

let authority: TestAuthority;
let certificate: IssuedCertificate;
beforeAll(async () => {
  authority = await createAuthority('Provider CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});

async function world(name: 'transit-token' | 'transit-key', sees: boolean): Promise<KindUnderTest> {
  const { fake, own, seal, ports, nodes, close } = await startFakeProvider(certificate, authority.certPem);
  if (!sees) fake.deny.add('auth/token/accessors');
  const isToken = name === 'transit-token';
  return {
    kind: isToken ? transitToken(ports) : transitKey(ports),
    sealValue: isToken ? seal : undefined,
    secrets: () => [own, seal],
    live: async () => (isToken ? fake.accessors() : fake.versions.map((_, at) => String(at + 1))),
    ...(isToken && { foreign: async () => fake.tokens.get(fake.add())?.accessor ?? '' }),
    sees,
    fault: (fault) => nodes[0]?.way.fault(fault),
    expects: transitExpects,
    missingRight: isToken
      ? /path "auth\/token\/roles\/seal-payments" \{ capabilities = \["read"\] \}/
      : /path "transit\/keys\/payments" \{ capabilities = \["read"\] \}/,
    loseNextAnswer: () => nodes[0]?.way.loseNextAnswer(/\/create\/|\/rotate$/),
    now: () => fake.now * 1000,
    close,
  };
}

rotationKindContract('transit-token', () => world('transit-token', true));
rotationKindContract('transit-token that may not list accessors', () => world('transit-token', false));
rotationKindContract('transit-key', () => world('transit-key', true));
