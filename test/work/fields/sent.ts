/** Fields that change what is sent, and where to: real receivers on loopback, reached as the app reaches them. */
import { expect } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { createHeartbeat, createSenders, type EndpointOptions } from '../../../shared/compose/endpoints.ts';
import { createResolve } from '../../../shared/compose/secrets.ts';
import type { Fleet } from '../../../shared/fleet/fleet.ts';
import { createLog } from '../../../shared/log/log.ts';
import { Redactor } from '../../../shared/log/redactor.ts';
import { message } from '../../alert/build.ts';
import { type ChatReceiver, type Received, startChatReceiver } from '../../fakes/chat/receiver.ts';
import { verified } from '../../fakes/chat/webhook-format.ts';
import { file, fleetOf, limits } from '../../fleet/builders.ts';
import { FleetUnderTest } from '../fleet-under-test.ts';
import type { Proof } from './proof.ts';

const signingKeys = {
  SEALWATCH_SECRET_KEY: `whsec_${Buffer.from('the first key of this test, 32 b').toString('base64')}`,
  SEALWATCH_SECRET_OTHER_KEY: `whsec_${Buffer.from('another key of this test, 32 by').toString('base64')}`,
};

interface Endpoints {
  receiver: ChatReceiver;
  options: EndpointOptions;
}

async function receiving<T>(env: (receiver: ChatReceiver) => object, work: (own: Endpoints) => Promise<T>) {
  const receiver = await startChatReceiver();
  const own = limits({ endpointHosts: [new URL(receiver.url('slack')).host] });
  const redactor = new Redactor();
  const noIdentity = () => Promise.reject(new Error('these tests have no Azure identity'));
  const options = {
    limits: own,
    resolve: createResolve({ ...signingKeys, ...env(receiver) }, own, systemClock, redactor, noIdentity),
    clock: systemClock,
    log: createLog({ write: () => undefined, clock: systemClock, secrets: redactor }),
  };
  try {
    return await work({ receiver, options });
  } finally {
    await receiver.close();
  }
}

/** What the receiver got for the channel `ops` of a fleet.yaml; `hook` is the receiver's hook behind the URL. */
function postedBy(channel: string, hook: 'slack' | 'teams' | 'webhook'): Promise<Received[]> {
  const env = (receiver: ChatReceiver) => ({ SEALWATCH_SECRET_URL: receiver.url(hook) });
  return receiving(env, async ({ receiver, options }) => {
    const fleet = fleetWith(`channels: {ops: ${channel}}`);
    await createSenders(options)('ops', fleet)?.deliver(message(), new AbortController().signal);
    return receiver.received;
  });
}

const fleetWith = (line: string): Fleet => fleetOf(file([], [line]));
const url = 'url: "env:SEALWATCH_SECRET_URL"';

export const sentFields: Record<string, Proof> = {
  'heartbeat.url': async () => {
    const env = (receiver: ChatReceiver) => ({
      SEALWATCH_SECRET_BEAT: `${new URL(receiver.url('slack')).origin}/beats/one`,
      SEALWATCH_SECRET_OTHER_BEAT: `${new URL(receiver.url('slack')).origin}/beats/other`,
    });
    await receiving(env, async ({ receiver, options }) => {
      const ping = createHeartbeat(options);
      await ping(fleetWith('heartbeat: {url: "env:SEALWATCH_SECRET_BEAT"}'));
      await ping(fleetWith('heartbeat: {url: "env:SEALWATCH_SECRET_OTHER_BEAT"}'));
      await ping(fleetWith(''));
      expect(receiver.strays).toEqual(['/beats/one', '/beats/other']);
    });
  },
  'channels.*.kind': async () => {
    const [slack] = await postedBy(`{kind: slack, ${url}}`, 'slack');
    const [teams] = await postedBy(`{kind: teams, ${url}}`, 'teams');
    expect([slack?.problems, teams?.problems]).toEqual([[], []]);
    // Each in its own form: the other's receiver would refuse it.
    const [wrong] = await postedBy(`{kind: slack, ${url}}`, 'teams');
    expect(wrong?.problems).not.toEqual([]);
    expect(wrong?.raw).toBe(slack?.raw);
  },
  'channels.*.url': async () => {
    const [hook] = await postedBy(`{kind: slack, ${url}}`, 'slack');
    expect(hook?.kind).toBe('slack');
    const [other] = await postedBy(`{kind: slack, ${url}}`, 'webhook');
    expect(other?.kind).toBe('webhook');
  },
  'channels.*.signingKeys': async () => {
    const signers = async (keys: string) => {
      const [got] = await postedBy(`{kind: webhook, ${url}, signingKeys: [${keys}]}`, 'webhook');
      const isBy = (key: string) => got !== undefined && verified(got.headers, got.raw, key, Date.now());
      return Object.entries(signingKeys).flatMap(([name, key]) => (isBy(key) ? [`env:${name}`] : []));
    };
    const [first, other] = Object.keys(signingKeys).map((name) => `env:${name}`);
    expect(await signers(`"${first}"`)).toEqual([first]);
    expect(await signers(`"${other}"`)).toEqual([other]);
    expect(await signers(`"${other}", "${first}"`)).toEqual([first, other]);
  },
  'channels.*.fallback': async () => {
    const told = async (fallback: string) => {
      const fleet = new FleetUnderTest({
        top: `channels:\n  chat: {kind: slack, url: "env:SECRET_CHAT"${fallback}}\n  backup: {kind: slack, url: "env:SECRET_BACKUP"}`,
        clusters: { payments: { yaml: 'notify: [chat]' } },
      });
      fleet.answers.set('chat', {
        delivered: false,
        reason: 'gone',
        recoverable: false,
        detail: 'answered 404',
      });
      await fleet.sweep();
      fleet.simulation().apply({ kind: 'seal', node: 'payments-2' });
      for (let count = 0; count < 3; count += 1) await fleet.sweep(30_000);
      const mine = fleet.taken('backup').filter(({ cluster }) => cluster === 'payments');
      return mine.map(({ insteadOf }) => insteadOf?.channel);
    };
    expect(await told('')).toEqual([]);
    expect(await told(', fallback: backup')).toEqual(['chat']);
  },
};
