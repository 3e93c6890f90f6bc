/**
 * Rule 11 on real servers: versions of a transit key that a consumer may still need keep decrypting, and go only where
 * people approve it and everybody is seen to need them no more.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rollBackRotation, runRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { rotateLines } from './rotate-login.ts';
import { ada, type RotatedPair, startRotatedPair } from './rotated-pair.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

let pair: RotatedPair;
beforeAll(async () => {
  const asks = { transitKey: { every: '90d', raiseMinimum: true } };
  pair = await startRotatedPair({ consumer: { nodes: 3 }, asks });
});
afterAll(() => pair?.close());

const Key = z.object({ data: z.object({ latest_version: z.number(), min_decryption_version: z.number() }) });

async function versions(): Promise<{ newest: number; minimum: number }> {
  const { data } = Key.parse(await pair.root.write('GET', 'transit/keys/payments'));
  return { newest: data.latest_version, minimum: data.min_decryption_version };
}

/** With what they read from their own storage and decrypt at the provider. */
async function restartAll(): Promise<void> {
  for (const { name } of pair.payments.nodes) await pair.restart(name);
  await pair.payments.awaitActive();
}

/** The active node of the consumer, once another one leads than before. */
async function afterStepDown(before: string): Promise<void> {
  await expect
    .poll(async () => (await pair.payments.awaitActive()).name, { timeout: 30_000 })
    .not.toBe(before);
}

describe("a transit seal's key", () => {
  it('is rotated three times; a consumer that has not restarted since the first version still unseals', async () => {
    for (const version of [2, 3, 4]) {
      const asked = await pair.ask('transit-key');
      expect(asked).toMatchObject({ stage: 'verified', fresh: { ref: String(version) } });
      expect(asked.waiting?.what).toBe(
        `a restart or step-down of the active node of payments, which then wraps with version ${version}`,
      );
      expect(asked.needs).toBeUndefined();
      if (version === 4) break;
      // A rotation of a key takes nothing back: the version stays, and the next one may begin.
      await rollBackRotation(pair.deps, asked.id, ada, 'a test goes on');
      expect((await pair.turn()).ended).toMatchObject({ outcome: 'rolled-back' });
    }
    expect(await versions()).toEqual({ newest: 4, minimum: 1 });
    await restartAll();
  });

  it('is in use when another node leads since: people approve its step-down; and nothing is given up unasked', async () => {
    pair.goAhead(5 * minute);
    pair.rewrite({ stepDown: true });
    const { name } = await pair.payments.awaitActive();
    const needing = await pair.turn();
    expect(needing.needs?.binding).toMatchObject({ step: 'step-down', what: 'payments' });
    await pair.turn();
    expect((await pair.payments.awaitActive()).name).toBe(name);

    await pair.approve();
    await pair.turn();
    await afterStepDown(name);
    const ended = await pair.turn();
    // Since when the oldest kept snapshot is kept is unknown: unknown means never.
    expect(ended.ended).toMatchObject({
      outcome: 'retired',
      summary: 'every consumer wraps with version 4; older versions stay (rule 11)',
    });
    expect(await versions()).toEqual({ newest: 4, minimum: 1 });
  });

  it('lets old versions go once no consumer and no kept snapshot needs them, and people approved that', async () => {
    pair.rewrite({ stepDown: true, grace: '1h' });
    const asked = await pair.ask('transit-key');
    expect(asked.needs?.binding).toMatchObject({ step: 'step-down' });
    pair.goAhead(5 * minute);
    const { name } = await pair.payments.awaitActive();
    await pair.approve();
    await pair.turn();
    await afterStepDown(name);
    expect((await pair.turn()).waiting?.what).toBe('the grace time');

    pair.goAhead(3 * day);
    const keptSince = new Date((pair.newest().inUseAt ?? 0) + day).toISOString().slice(0, 10);
    pair.rewrite({ stepDown: true, keptSince });
    const needing = await pair.turn();
    expect(needing.needs?.binding).toMatchObject({ step: 'raise-minimum', what: '5' });
    expect(await versions()).toEqual({ newest: 5, minimum: 1 });
    await pair.approve();
    expect((await pair.turn()).ended).toMatchObject({ outcome: 'retired' });
    expect(await versions()).toEqual({ newest: 5, minimum: 5 });
    await restartAll();
  });

  it('is not rotated without the right to it: the missing line is named, and once granted it goes on', async () => {
    const lines = rotateLines('payments');
    const line = 'path "transit/keys/payments/rotate" { capabilities = ["update"] }';
    await pair.allow(lines.filter((each) => each !== line));
    const asked = await pair.ask('transit-key');
    expect(asked.failing).toEqual({
      what: 'create',
      code: 'denied',
      message: `rotation refused (403): the policy of rotate's login at root lacks ${line}`,
      since: expect.any(Number) as number,
      times: 1,
    });
    expect((await versions()).newest).toBe(5);
    await pair.allow(lines);
    // The pause of a step that failed.
    pair.goAhead(31_000);
    expect(await pair.turn()).toMatchObject({ id: asked.id, stage: 'verified', fresh: { ref: '6' } });
    await rollBackRotation(pair.deps, asked.id, ada, 'a test goes on');
    await pair.turn();
  });

  it('with a rescue copy is not rotated, whoever asks: rule 11', async () => {
    const before = await versions();
    pair.rewrite({}, { rescue: 'a copy in the safe at the other site' });
    const said = await runRotation(pair.deps, 'payments', 'transit-key', ada, 'a test asks for it');
    expect(said).toMatchObject({ ok: false, message: expect.stringContaining('(rule 11)') as string });
    expect(await versions()).toEqual(before);
    pair.rewrite();
  });
});
