/** Rule 16 for webhooks that are told of credentials: what their references lead to is checked each time. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import type { LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Limits } from '../../shared/fleet/limits.ts';
import type { NoticeSink } from '../../shared/rotation/rotation.ts';
import { done, stamp } from '../contract/sink.ts';
import { answer } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type TestAuthority } from '../fakes/pki.ts';
import { hook, SinksUnderTest, secretOf } from './sinks-under-test.ts';

const reference =
  'keyvault:https://kv-seals.vault.azure.net/secrets/payments/0123456789abcdef0123456789abcdef';

describe('a webhook of rotation', () => {
  const name = 'deploy.example.test';
  let under: SinksUnderTest;
  let authority: TestAuthority;
  let receiver: Endpoint;
  beforeEach(async () => {
    under = new SinksUnderTest();
    authority = await createAuthority('sinks CA');
    receiver = await startEndpoint({
      behaviour: answer(204, {}),
      certificate: await authority.issue({ names: ['127.0.0.1', name] }),
    });
  });
  afterEach(() => receiver.close());

  const systemLookup = dns.lookup as LookupFunction;
  afterEach(() => replaceLookup(systemLookup));

  /** Stands in for the system's resolver, whose answers nobody can choose here. */
  function replaceLookup(lookup: LookupFunction): void {
    Object.assign(dns, { lookup });
    syncBuiltinESMExports();
  }

  /** The loopback address comes first: not even a broken check would lead out of this machine. */
  const useLookup = (address: string) =>
    replaceLookup((_name, options, found) => {
      const all = ['127.0.0.1', address].map((each) => ({ address: each, family: 4 }));
      if (options.all) found(null, all);
      else found(null, '127.0.0.1', 4);
    });

  const sinkTo = (over: Partial<Limits> = {}, ca = authority.certPem) =>
    under.notice(
      [hook(secretOf('HOOK'))],
      { sinkHosts: [`127.0.0.1:${receiver.port}`], ...over },
      { replaced: { ca } },
    );
  const tell = (sink: NoticeSink) => sink.tell({ reference }, stamp, 'payments-1');

  it('is told at what its reference leads to at that time', async () => {
    const sink = sinkTo();
    under.secrets[secretOf('HOOK')] = `${receiver.address}/first`;
    done(await tell(sink));
    under.secrets[secretOf('HOOK')] = `${receiver.address}/second\n`;
    done(await tell(sink));
    expect(receiver.received.map(({ path }) => path)).toEqual(['/first', '/second']);
  });

  it.each([
    ['a host that is not listed', () => `https://localhost:${receiver.port}/x`, 'SEALWATCH_SINK_HOSTS'],
    ['a link-local address', () => 'https://169.254.169.254/x', 'link-local'],
    ['a user', () => `https://u:p@127.0.0.1:${receiver.port}/x`, 'user or password'],
    ['no URL', () => 'whsec_not-a-url', 'must be a URL'],
  ])('is told nothing when its reference leads to %s', async (_what, url, words) => {
    under.secrets[secretOf('HOOK')] = url();
    expect(await tell(sinkTo())).toMatchObject({
      ok: false,
      code: 'outside-limits',
      detail: expect.stringContaining(words) as string,
    });
    expect(receiver.received).toEqual([]);
    expect(under.resolved).not.toContain(secretOf('KEY'));
  });

  it('is told nothing at a host that may hear of alerts only', async () => {
    under.secrets[secretOf('HOOK')] = `${receiver.address}/x`;
    const alertsOnly = { sinkHosts: [], endpointHosts: [`127.0.0.1:${receiver.port}`] };
    expect(await tell(sinkTo(alertsOnly))).toMatchObject({ ok: false, code: 'outside-limits' });
    expect(receiver.received).toEqual([]);
  });

  it('is told nothing while a reference does not resolve', async () => {
    expect(await tell(sinkTo())).toMatchObject({ ok: false, code: 'not-configured' });
    under.secrets = { [secretOf('HOOK')]: `${receiver.address}/x` };
    expect(await tell(sinkTo())).toMatchObject({ ok: false, code: 'not-configured' });
    expect(receiver.received).toEqual([]);
  });

  it.each([
    ['a link-local address', '169.254.169.254', 'outside-limits'],
    ['the receiver', '127.0.0.1', 'told'],
  ])('is told by a name only as that leads to %s at that moment', async (_what, address, outcome) => {
    under.secrets[secretOf('HOOK')] = `https://${name}:${receiver.port}/x`;
    useLookup(address);
    const told = await tell(sinkTo({ sinkHosts: [`${name}:${receiver.port}`] }));
    expect(told.ok ? 'told' : told.code).toBe(outcome);
    expect(receiver.received).toHaveLength(outcome === 'told' ? 1 : 0);
  });

  it('is told nothing over a connection that its certificate does not prove', async () => {
    under.secrets[secretOf('HOOK')] = `${receiver.address}/x`;
    const other = await createAuthority('another CA');
    expect(await tell(sinkTo({}, other.certPem))).toMatchObject({ ok: false, code: 'unreachable' });
    expect(receiver.received).toEqual([]);
  });
});
