/**
 * Rule 9 on real servers: a node that is killed at any moment of a rotation, or of a rollback, starts with what its sink
 * holds and unseals by itself.
 */
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rollBackRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { answer } from '../../fakes/hostile/behaviours.ts';
import { placeOf } from './place-of.ts';
import { ada, type RotatedPair, signingKey, startRotatedPair } from './rotated-pair.ts';

let pair: RotatedPair;
beforeAll(async () => {
  pair = await startRotatedPair();
});
afterAll(() => pair?.close());
afterEach(() => pair.onRow(undefined));

const Notice = z.object({
  data: z.object({ rotation: z.string(), wrappingToken: z.string(), ttlSeconds: z.number() }),
});

/** What the receiver would do with it: the value, once. */
async function unwrapped({ headers, body }: RotatedPair['hook']['received'][number]): Promise<unknown> {
  const signedText = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const mac = createHmac('sha256', signingKey).update(signedText).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${mac}`);
  const { wrappingToken } = Notice.parse(JSON.parse(body)).data;
  const unwrap = () => pair.root.request('root-1', 'POST', 'sys/wrapping/unwrap', undefined, wrappingToken);
  const reply = await unwrap();
  expect((await unwrap()).status).toBe(400);
  return z.object({ data: z.object({ value: z.string() }) }).parse(reply.body).data.value;
}

/** Each new place of the row, in order. At each, the node was killed, and unsealed itself with what its sink held. */
function restartEverywhere(): string[] {
  const places: string[] = [];
  pair.onRow(async (rotation) => {
    const place = placeOf(rotation);
    if (places.includes(place)) return;
    places.push(place);
    await pair.restart();
    // The one before, the new one, and people's own: never one more.
    expect((await pair.live()).length).toBeLessThanOrEqual(3);
  });
  return places;
}

describe("a transit seal's token", () => {
  it("of people's own is replaced; it is left, and they are told", async () => {
    const before = pair.held();
    const asked = await pair.ask('transit-token');
    expect(asked).toMatchObject({ stage: 'verified', status: 'open', old: { ours: false } });
    expect(asked.waiting?.what).toBe('a restart of payments/payments-1, to use the new one');
    expect(pair.held()).not.toBe(before);
    const [notice, ...more] = pair.hook.received;
    expect(more).toEqual([]);
    expect(notice && (await unwrapped(notice))).toBe(pair.held());

    const ended = await pair.restartUntilEnded();
    expect(ended.ended).toMatchObject({ outcome: 'retired' });
    expect(ended.ended?.summary).toContain("people's own, and was left");
    expect(await pair.accessorOf(before)).toBe(ended.old?.ref);
  });

  it('of ours is replaced: whenever the node restarts meanwhile, it unseals; the old one ends last', async () => {
    const before = pair.held();
    const places = restartEverywhere();
    await pair.ask('transit-token');
    const ended = await pair.restartUntilEnded();
    expect(ended).toMatchObject({ ended: { outcome: 'retired' }, old: { ours: true } });
    expect(places).toEqual([
      'due',
      'due made',
      'created',
      'created node?',
      'created node',
      'created node hook?',
      'created node hook',
      'delivered node hook',
      'verified node hook',
      'verified node hook in use',
      'retired node hook in use',
    ]);
    expect(await pair.accessorOf(before)).toBeUndefined();
    expect(await pair.accessorOf(pair.held())).toBe(ended.fresh?.ref);
  });

  it('is rolled back after its delivery: whenever the node restarts meanwhile, it unseals; the new one ends last', async () => {
    const before = pair.held();
    const asked = await pair.ask('transit-token');
    expect(asked).toMatchObject({ stage: 'verified' });
    const fresh = pair.held();
    await pair.restart();
    const places = restartEverywhere();
    expect(await rollBackRotation(pair.deps, asked.id, ada, 'a test takes it back')).toMatchObject({
      ok: true,
    });
    await pair.turn();
    expect(pair.held()).toBe(before);
    const notice = pair.hook.received.at(-1);
    expect(notice && (await unwrapped(notice))).toBe(before);
    await pair.restartUntil(({ waiting }) => waiting?.what === 'writes that may still land');
    expect(await pair.accessorOf(fresh)).toBe(asked.fresh?.ref);
    pair.goAhead(6 * 60_000);
    const ended = await pair.turn();
    expect(ended).toMatchObject({ status: 'ended', ended: { outcome: 'rolled-back' } });
    expect(places).toEqual([
      'back: verified node hook',
      'back: verified node back hook',
      'back: verified node back hook back',
      'back: verified node back hook back restored',
      'back: verified node back hook back restored in use',
      'back: verified node back hook back restored in use ended',
    ]);
    expect(await pair.accessorOf(fresh)).toBeUndefined();
    await pair.restart();
  });

  it('is rolled back amid its delivery, when a sink does not take it', async () => {
    const before = pair.held();
    pair.hook.behave(answer(503, {}));
    const asked = await pair.ask('transit-token');
    expect(asked).toMatchObject({ stage: 'created', failing: { what: 'deliver', code: 'unreachable' } });
    const fresh = pair.held();
    expect(fresh).not.toBe(before);
    await pair.restart();

    await rollBackRotation(pair.deps, asked.id, ada, 'a test takes it back');
    expect(await pair.turn()).toMatchObject({ direction: 'back', failing: { what: 'restore' } });
    expect(pair.held()).toBe(before);
    pair.hook.behave(answer(204, {}));
    // The pause of a step that failed.
    pair.goAhead(31_000);
    expect((await pair.turn()).waiting?.what).toBe('a restart of payments/payments-1, to use the old one');
    pair.goAhead(6 * 60_000);
    expect((await pair.turn()).waiting?.what).toBe('a restart of payments/payments-1, to use the old one');
    expect(await pair.accessorOf(fresh)).toBe(asked.fresh?.ref);
    const ended = await pair.restartUntilEnded();
    expect(ended.ended).toMatchObject({ outcome: 'rolled-back' });
    expect(await pair.accessorOf(fresh)).toBeUndefined();
    await pair.restart();
  });
});
