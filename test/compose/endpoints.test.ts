/** Rule 16 where it is wired: what a reference turns out to hold is checked again before anything is called. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import type { LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { createHeartbeat, createSenders, type EndpointOptions } from '../../shared/compose/endpoints.ts';
import { createResolve } from '../../shared/compose/secrets.ts';
import { createLog } from '../../shared/log/log.ts';
import { Redactor } from '../../shared/log/redactor.ts';
import { message } from '../alert/build.ts';
import { answer } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type TestAuthority } from '../fakes/pki.ts';
import { file, fleetOf, limits } from '../fleet/builders.ts';

const name = 'hooks.example.test';
const fleet = fleetOf(
  file(
    [],
    [
      'channels:',
      '  pager: {kind: slack, url: "env:SEALWATCH_SECRET_PAGER"}',
      'heartbeat: {url: "env:SEALWATCH_SECRET_BEAT"}',
    ],
  ),
);

let authority: TestAuthority;
let receiver: Endpoint;
let lines: string[];
beforeEach(async () => {
  lines = [];
  authority = await createAuthority('endpoints CA');
  const certificate = await authority.issue({ names: [name, '127.0.0.1'] });
  receiver = await startEndpoint({ behaviour: answer(200, {}), certificate });
});
afterEach(() => receiver.close());

const systemLookup = dns.lookup;
afterEach(() => useLookup(systemLookup as LookupFunction));

/** Stands in for the system's resolver, whose answers nobody can choose here. */
function useLookup(lookup: LookupFunction): void {
  Object.assign(dns, { lookup });
  syncBuiltinESMExports();
}

/** The one on loopback comes first, so that not even a broken check would lead out of this machine. */
function resolveTo(...addresses: string[]): void {
  const all = addresses.map((address) => ({ address, family: 4 }));
  useLookup((_hostname, options, callback) => {
    if (options.all) callback(null, all);
    else callback(null, addresses[0] ?? '', 4);
  });
}

function options(url: string, allowed: string[]): EndpointOptions {
  const own = limits({ endpointHosts: allowed });
  const redactor = new Redactor();
  const env = { SEALWATCH_SECRET_PAGER: url, SEALWATCH_SECRET_BEAT: url };
  return {
    limits: own,
    resolve: createResolve(env, own, systemClock, redactor, () => Promise.reject(new Error('no identity'))),
    clock: systemClock,
    log: createLog({ write: (line) => lines.push(line), clock: systemClock, secrets: redactor }),
    ca: authority.certPem,
  };
}

/** What comes of a message and of a ping, both to this URL. */
async function callBoth(url: string, allowed: string[]): Promise<{ message: unknown; ping: unknown[] }> {
  const given = options(url, allowed);
  const sender = createSenders(given)('pager', fleet);
  const delivery = await sender?.deliver(message(), new AbortController().signal);
  await createHeartbeat(given)(fleet);
  return { message: delivery, ping: lines.map((line) => (JSON.parse(line) as { detail: string }).detail) };
}

const path = '/hooks/very-secret';

describe('a URL that a reference holds', () => {
  it('is called when the deployment allows its host', async () => {
    const { port } = receiver;
    const called = await callBoth(`https://127.0.0.1:${port}${path}`, [`127.0.0.1:${port}`]);
    expect(called).toEqual({ message: { delivered: true }, ping: [] });
    expect(receiver.received.map((each) => each.path)).toEqual([path, path]);
  });

  it('is never connected to when the deployment does not allow its host', async () => {
    const detail = expect.stringContaining('is not among the hosts that this deployment may call');
    const called = await callBoth(`https://127.0.0.1:${receiver.port}${path}`, ['127.0.0.1:1']);
    expect(called).toEqual({
      message: { delivered: false, reason: 'config', recoverable: false, detail },
      ping: [detail],
    });
    expect(receiver.connections).toEqual([]);
    expect(JSON.stringify(called)).not.toContain('very-secret');
  });

  it('is called when its allowed name leads to an ordinary address', async () => {
    resolveTo('127.0.0.1');
    const { port } = receiver;
    const called = await callBoth(`https://${name}:${port}${path}`, [`${name}:${port}`]);
    expect(called).toEqual({ message: { delivered: true }, ping: [] });
  });

  it('is never connected to when its allowed name leads to a link-local address', async () => {
    resolveTo('127.0.0.1', '169.254.169.254');
    const { port } = receiver;
    const called = await callBoth(`https://${name}:${port}${path}`, [`${name}:${port}`]);
    expect(called.message).toMatchObject({ delivered: false, reason: 'config' });
    expect(called.ping).toHaveLength(1);
    expect(receiver.connections).toEqual([]);
  });
});
