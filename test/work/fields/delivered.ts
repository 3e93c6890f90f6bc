/** Fields of sinks: where a new credential goes, as the rotate app is composed for them in a deployment with these settings. */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { type SinkOptions, type Sinks, sinksOf } from '../../../shared/compose/sinks.ts';
import type { NoticeSink, Sink, StoreSink } from '../../../shared/rotation/rotation.ts';
import { done, stamp } from '../../contract/sink.ts';
import { verified } from '../../fakes/chat/webhook-format.ts';
import { answer } from '../../fakes/hostile/behaviours.ts';
import { startEndpoint } from '../../fakes/hostile/endpoint.ts';
import { startKeyVaults } from '../../fakes/keyvault/server.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { fleetOf, limits } from '../../fleet/builders.ts';
import type { Proof } from './proof.ts';

const value = Buffer.from('hvs.of-these-tests');
const signingKeys = Object.fromEntries(
  ['K', 'L'].map((name) => [`env:${name}`, `whsec_${Buffer.alloc(32, name).toString('base64')}`]),
);

const hook = (url: string, keys = '"env:K"') => `h: {kind: webhook, url: "${url}", signingKeys: [${keys}]}`;
const vaultSink = (vault: string, secret: string) =>
  `v: {kind: keyVaultSecret, vault: ${vault}, secret: ${secret}}`;

/** With this sink first; beside it others that what is delivered needs. References are read as what `signingKeys` says. */
function composed(own: string, over: Partial<SinkOptions> = {}): Sinks {
  const root = over.limits?.sinkRoot ?? '/sinks';
  const beside = `beside: {kind: file, path: ${root}/beside}, hook: ${hook('https://deploy.test').slice(3)}`;
  const [, payments] = fleetOf(
    [
      'version: 1',
      'clusters:',
      '  root: {nodes: ["https://root:8200"]}',
      '  payments:',
      '    nodes: ["https://vault:8200"]',
      '    seal: {type: transit, provider: root, key: k, token: "env:T"}',
      `    rotation: {token: {role: r}, sinks: {${own}, ${beside}}}`,
      '',
    ].join('\n'),
  ).clusters;
  if (!payments) throw new Error('no cluster');
  return sinksOf(payments, {
    limits: limits({
      sinkVaults: ['https://kv-a.vault.azure.net'],
      sinkRoot: '/sinks',
      sinkHosts: ['deploy.test'],
    }),
    resolve: async (text) => ({ ok: true, value: signingKeys[text] ?? text }),
    credential: () => Promise.reject(new Error('no identity')),
    clock: systemClock,
    ...over,
  });
}

/** What each is; or why they are refused. */
function kinds(own: string): string[] | string {
  const made = composed(own);
  const kindOf = (sink: Sink) =>
    sink.holds === 'value' && sink.reference ? 'value by reference' : sink.holds;
  return made.ok ? made.sinks.map(kindOf) : made.why;
}

function first(made: Sinks): Sink {
  const sink = made.ok ? made.sinks[0] : undefined;
  if (!sink) throw new Error(made.ok ? 'no sink' : made.why);
  return sink;
}

const store = (...asked: Parameters<typeof composed>) => first(composed(...asked)) as StoreSink;
const notice = (...asked: Parameters<typeof composed>) => first(composed(...asked)) as NoticeSink;

/** With which keys a receiver finds signed what it is told. */
async function signers(keys: string): Promise<string[]> {
  const authority = await createAuthority('fields CA');
  const certificate = await authority.issue({ names: ['127.0.0.1'] });
  const receiver = await startEndpoint({ certificate, behaviour: answer(204, {}) });
  try {
    const sink = notice(hook(receiver.address, keys), {
      limits: limits({ sinkRoot: '/sinks', sinkHosts: [`127.0.0.1:${receiver.port}`, 'deploy.test'] }),
      replaced: { ca: authority.certPem },
    });
    done(await sink.tell({ reference: 'keyvault:https://kv-a.vault.azure.net/secrets/s' }, stamp, 'one'));
    const [got] = receiver.received;
    const headers = (got?.headers ?? {}) as Record<string, string>;
    return Object.entries(signingKeys).flatMap(([name, key]) =>
      verified(headers, got?.body ?? '', key, systemClock.now()) ? [name] : [],
    );
  } finally {
    await receiver.close();
  }
}

export const deliveredFields: Record<string, Proof> = {
  'clusters.*.rotation.sinks.*.kind': () => {
    expect(kinds('a: {kind: file, path: /sinks/a}')).toEqual(['value', 'value', 'notice']);
    expect(kinds(vaultSink('kv-a', 's'))).toEqual(['value by reference', 'value', 'notice']);
    expect(kinds(hook('https://deploy.test'))).toEqual(['notice', 'value', 'notice']);
  },
  'clusters.*.rotation.sinks.*.vault': () => {
    expect(kinds(vaultSink('KV-A', 's'))).toContain('value by reference');
    expect(kinds(vaultSink('kv-b', 's'))).toContain('sinks.v.vault: https://kv-b.vault.azure.net is not');
  },
  'clusters.*.rotation.sinks.*.secret': async () => {
    const fake = await startKeyVaults(['kv-a']);
    const own: Partial<SinkOptions> = {
      credential: async () => fake.credential,
      replaced: { keyVault: { agent: fake.agentOfAnyPort } },
    };
    const held = (name: string) =>
      fake
        .vault('kv-a')
        .secrets.versions(name)
        .map((version) => version.value);
    try {
      done(await store(vaultSink('kv-a', 's'), own).write('live', value, stamp));
      expect([held('s'), held('t')]).toEqual([[value.toString()], []]);
      done(await store(vaultSink('kv-a', 't'), own).write('live', value, stamp));
      expect([held('s'), held('t')]).toEqual([[value.toString()], [value.toString()]]);
    } finally {
      await fake.close();
    }
  },
  'clusters.*.rotation.sinks.*.path': async () => {
    expect(kinds('a: {kind: file, path: /other/a}')).toContain('sinks.a.path: the file must be inside');
    const sinkRoot = await realpath(await mkdtemp(join(tmpdir(), 'sealwatch-fields-')));
    try {
      for (const name of ['a', 'b']) {
        const entry = `a: {kind: file, path: ${join(sinkRoot, name)}}`;
        const sink = store(entry, { limits: limits({ sinkRoot, sinkHosts: ['deploy.test'] }) });
        done(await sink.write('live', value, stamp));
        expect(await readFile(join(sinkRoot, name))).toEqual(value);
      }
    } finally {
      await rm(sinkRoot, { recursive: true });
    }
  },
  'clusters.*.rotation.sinks.*.url': () => {
    expect(kinds(hook('https://deploy.test'))).toEqual(['notice', 'value', 'notice']);
    expect(kinds(hook('https://other.test'))).toContain('sinks.h.url: host other.test is not');
  },
  'clusters.*.rotation.sinks.*.signingKeys': async () => {
    expect(await signers('"env:K"')).toEqual(['env:K']);
    expect(await signers('"env:L"')).toEqual(['env:L']);
    expect(await signers('"env:L", "env:K"')).toEqual(['env:K', 'env:L']);
  },
};
