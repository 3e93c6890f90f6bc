/** A fake provider for each test of a file. */
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../../fakes/pki.ts';
import { startFakeProvider } from './transit-under-test.ts';

type Provider = Awaited<ReturnType<typeof startFakeProvider>>;

/** `world`: of the test that runs. */
export function providerForEach(): { world: Provider } {
  let authority: TestAuthority;
  let certificate: IssuedCertificate;
  beforeAll(async () => {
    authority = await createAuthority('Provider CA');
    certificate = await authority.issue({ names: ['127.0.0.1'] });
  });
  const rig = {} as { world: Provider };
  beforeEach(async () => {
    rig.world = await startFakeProvider(certificate, authority.certPem, 2);
  });
  afterEach(() => rig.world.close());
  return rig;
}
