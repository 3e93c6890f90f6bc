import { beforeAll, describe, expect, it } from 'vitest';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import type { AddressRule } from '../../shared/refused-address.ts';
import { healthy } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { clientOf, closing } from './clients.ts';

let authority: TestAuthority;
let certificate: IssuedCertificate;

beforeAll(async () => {
  authority = await createAuthority('Test CA');
  certificate = await authority.issue({ names: ['127.0.0.1', 'vault.test'] });
});

const never = 'leads to a link-local address, and those are never called: check the address and DNS';

/** A name server for one name. */
const leadsTo =
  (...addresses: string[]): NonNullable<AddressRule['lookup']> =>
  (_name, options, callback) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };

/** Stands in for the link-local ones: should the rule fail, nothing leaves this machine. */
const refusingLoopback = (address: string) => address === '127.0.0.1' || isLinkLocal(address);

async function served(): Promise<Endpoint> {
  return closing(await startEndpoint({ behaviour: healthy, certificate }));
}

const client = (address: string, rule: Partial<AddressRule>) =>
  clientOf(address, { tls: { ca: authority.certPem }, ...rule });

describe('an address that is never called', () => {
  it('is not, whatever name leads there: neither for a probe nor with a token, nor for a fresh look', async () => {
    const { port, connections } = await served();
    const address = `https://vault.test:${port}`;
    const asked = client(address, { isRefusedAddress: refusingLoopback, lookup: leadsTo('127.0.0.1') });
    const answers = [
      await asked.health(),
      await asked.health({ fresh: true }),
      await asked.autopilotState('hvs.token'),
      await asked.login('auth/jwt/login', Buffer.from('{}')),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ ok: false, error: { code: 'dns', recoverable: true } });
      expect(answer).toHaveProperty('error.message', expect.stringContaining(never));
    }
    expect(connections).toEqual([]);
  });

  it('spoils the others of its name: which one is tried first is not ours to say', async () => {
    const { port, connections } = await served();
    const lookup = leadsTo('127.0.0.1', '169.254.169.254');
    const answer = await client(`https://vault.test:${port}`, { lookup }).health();
    expect(answer).toMatchObject({ ok: false, error: { code: 'dns' } });
    expect(connections).toEqual([]);
  });

  it('is not as a literal address either', async () => {
    const { address, connections } = await served();
    const answer = await client(address, { isRefusedAddress: refusingLoopback }).health();
    expect(answer).toMatchObject({ ok: false, error: { code: 'dns' } });
    expect(connections).toEqual([]);
  });
});

describe('any other address', () => {
  it('is called by its name', async () => {
    const { port } = await served();
    const asked = client(`https://vault.test:${port}`, { lookup: leadsTo('127.0.0.1') });
    expect(await asked.health()).toMatchObject({ ok: true });
  });

  it('that no name server knows is told as before', async () => {
    const lookup: AddressRule['lookup'] = (_name, _options, callback) =>
      callback(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }), '', 0);
    const answer = await client('https://vault.test:8200', { lookup }).health();
    expect(answer).toHaveProperty('error.message', expect.stringContaining('name does not resolve'));
  });
});
