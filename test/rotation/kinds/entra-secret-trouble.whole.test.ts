/** The client secret of a seal, as composed, when Entra and Graph are slow, busy, late or refuse; and several runs at once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kind, Look } from '../../../shared/rotation/rotation.ts';
import { must } from '../../contract/rotation-kind.ts';
import { AzureKindsUnderTest, ended, lifeMs, make, minute } from './azure-kinds-under-test.ts';

let azure: AzureKindsUnderTest;
let kind: Kind;
beforeEach(async () => {
  azure = await AzureKindsUnderTest.start();
  kind = azure.secretKind();
});
afterEach(() => azure.close());

const graph = () => azure.graph;
const entra = () => azure.under.entra;
const look = async (value: string | undefined = azure.sealValue): Promise<Look> =>
  must(await kind.look(Buffer.from(value)));
const sent = (operation: string) => graph().received.filter(({ path }) => path.endsWith(`/${operation}`));

describe('propagation', () => {
  it('is waited for: a new secret begins to work after a while', async () => {
    graph().propagation = 2;
    const { fresh, value } = await make(kind);
    expect(await kind.exercise(fresh, value)).toMatchObject({ code: 'not-yet' });
    azure.now += 5 * minute;
    expect(await kind.exercise(fresh, value)).toMatchObject({ code: 'not-yet' });
    expect(await kind.exercise(fresh, value)).toEqual({ ok: true, value: undefined });
    expect(azure.under.vault.calls).toMatchObject({ getKey: 1, wrapKey: 1, unwrapKey: 1 });
  });

  it('ends: what Entra still refuses after a quarter of an hour is dead', async () => {
    graph().propagation = 100;
    const { fresh, value } = await make(kind);
    azure.now += 15 * minute - 1;
    expect(await kind.exercise(fresh, value)).toMatchObject({ code: 'not-yet' });
    // Graph tells its time in whole seconds.
    azure.now += 1_000;
    expect(await kind.exercise(fresh, value)).toMatchObject({ code: 'dead' });
  });

  it('is not what a missing right of the new secret is', async () => {
    const { fresh, value } = await make(kind);
    azure.under.vault.fail('wrapKey', { status: 403 });
    expect(await kind.exercise(fresh, value)).toMatchObject({
      code: 'denied',
      detail: expect.stringContaining('the right wrapKey on keys is missing'),
    });
  });
});

describe('throttling', () => {
  it.each([{ retryAfter: '5' }, {}])('of Graph passes: one secret is made, not two (%j)', async (wait) => {
    graph().fail('addPassword', { status: 429, ...wait }, 2);
    await make(kind);
    expect(graph().secrets()).toHaveLength(2);
  });

  it('of Graph for long is told, and nothing is made', async () => {
    graph().fail('addPassword', { status: 429, retryAfter: '120' });
    expect(await kind.create('payments.one')).toMatchObject({ code: 'throttled' });
    expect(graph().secrets()).toHaveLength(1);
  });

  it('of Entra or Key Vault does not make a new secret dead', async () => {
    const { fresh, value } = await make(kind);
    azure.under.vault.fail('unwrapKey', { status: 429 }, 3);
    expect(await kind.exercise(fresh, value)).toMatchObject({ code: 'throttled' });
    entra().fail({ status: 429 });
    expect(await kind.exercise(fresh, value)).toMatchObject({ code: 'throttled' });
    entra().fail(undefined);
    expect(await kind.exercise(fresh, value)).toMatchObject({ ok: true });
  });
});

describe('a creation that failed', () => {
  it.each<[string, () => void, boolean]>([
    ['of whose secret Graph refused the making', () => graph().fail('addPassword', { status: 403 }), true],
    ['before which Graph did not answer', () => graph().fail('get', 'reset'), true],
    ['whose answer was lost', () => graph().fail('addPassword', 'lost'), false],
    ['that a gateway gave up', () => graph().fail('addPassword', { status: 504 }), false],
  ])('%s says whether nothing was made', async (_what, fail, isCertain) => {
    fail();
    const did = await kind.create('payments.one');
    expect(did.ok).toBe(false);
    expect('nothingMade' in did).toBe(isCertain);
  });
});

describe('the orphan of a run that was killed', () => {
  it('is found by its name once Graph lists it, and ended', async () => {
    const creating = { at: azure.now };
    graph().lag = 2;
    graph().fail('addPassword', 'lost', 1);
    expect(await kind.create('payments.one')).toMatchObject({ code: 'unreachable' });
    for (let times = 0; times < 2; times += 1) {
      expect(must(await kind.orphans('payments.one', creating))).toEqual({
        state: 'unseen',
        until: creating.at + 2 * minute,
        why: expect.stringContaining('lag'),
      });
    }
    const [, orphan] = graph().secrets();
    expect(must(await kind.orphans('payments.one', creating))).toEqual({
      state: 'known',
      end: [orphan?.keyId],
    });
    expect(await ended(kind, orphan?.keyId ?? '')).toMatchObject({ ok: true });
    expect(
      graph()
        .secrets()
        .map(({ keyId }) => keyId),
    ).toEqual([azure.inUse]);
  });

  it('is none, where the list is still empty two minutes later', async () => {
    const creating = { at: azure.now };
    azure.now += 2 * minute - 1;
    expect(must(await kind.orphans('payments.one', creating)).state).toBe('unseen');
    azure.now += 1;
    expect(must(await kind.orphans('payments.one', creating))).toEqual({ state: 'known', end: [] });
  });

  it('is ended also where the list does not show it at first', async () => {
    graph().lag = 2;
    const { fresh } = await make(kind);
    expect(await ended(kind, fresh.ref)).toMatchObject({ ok: true });
    expect(graph().secrets()).toHaveLength(1);
    expect(azure.slept).toEqual([10_000, 10_000]);
  });
});

describe('a secret that a late request of the same rotation makes', () => {
  it('is listed beside the one that was handed over: both carry its id, whoever of them is in use', async () => {
    const { fresh } = await make(kind, 'payments.one');
    const late = graph().addByHand({ displayName: 'sealwatch payments.one' });
    graph().addByHand({ displayName: 'sealwatch payments.two' });
    azure.now += 3 * minute;
    expect(must(await kind.orphans('payments.one', { at: 0 }))).toEqual({
      state: 'known',
      end: [fresh.ref, late.keyId],
    });
    await ended(kind, late.keyId);
    expect(must(await kind.orphans('payments.one', { at: 0 }))).toEqual({ state: 'known', end: [fresh.ref] });
  });
});

describe('two runs at once', () => {
  it('of one rotation make one secret: the later one is refused', async () => {
    await make(kind, 'payments.one');
    expect(await kind.create('payments.one')).toMatchObject({
      code: 'wrong',
      detail: expect.stringContaining('has made a secret already'),
    });
    expect(sent('addPassword')).toHaveLength(1);
  });

  it('never make a third one of ours', async () => {
    await make(kind, 'payments.one');
    await make(kind, 'payments.two');
    expect(await kind.create('payments.three')).toMatchObject({ code: 'wrong' });
    expect(sent('addPassword')).toHaveLength(2);
  });

  it('of two clusters that share an application leave each other alone', async () => {
    const theirs = graph().addByHand({ displayName: 'sealwatch ledger.one' });
    await make(kind, 'payments.one');
    expect(must(await kind.orphans('ledger.one', { at: 0 }))).toEqual({ state: 'known', end: [] });
    expect(await ended(kind, theirs.keyId)).toMatchObject({ code: 'wrong' });
    expect(await kind.create('ledger.two')).toMatchObject({ code: 'wrong' });
    expect(sent('removePassword')).toEqual([]);
  });

  it('both end the same one', async () => {
    const { fresh } = await make(kind);
    expect(await Promise.all([ended(kind, fresh.ref), ended(kind, fresh.ref)])).toContainEqual({
      ok: true,
      value: undefined,
    });
    expect(await ended(kind, fresh.ref)).toMatchObject({ ok: true });
  });
});

describe.each([40 * minute, -40 * minute])("Graph's clock %i ms ahead of ours", (skewMs) => {
  beforeEach(() => {
    graph().skewMs = skewMs;
  });

  it('a new secret lives as long as it should, from now on', async () => {
    const { fresh } = await make(kind);
    // HTTP tells whole seconds.
    const lived = (fresh.endsAt ?? 0) - (fresh.madeAt ?? 0);
    expect(Math.abs(lived - lifeMs)).toBeLessThan(1_000);
    expect(fresh.madeAt).toBe(azure.now + skewMs);
    expect(sent('addPassword')[0]?.body).not.toContain('startDateTime');
  });

  it('propagation is waited for as long as ever', async () => {
    graph().propagation = 100;
    const { fresh, value } = await make(kind);
    azure.now += 14 * minute;
    expect(await kind.exercise(fresh, value)).toMatchObject({ code: 'not-yet' });
    azure.now += 2 * minute;
    expect(await kind.exercise(fresh, value)).toMatchObject({ code: 'dead' });
  });

  it('what has ended there is not live', async () => {
    graph().addByHand({ displayName: 'sealwatch payments.old', endsAt: azure.now + skewMs - 1_000 });
    expect((await look()).ours).toEqual([]);
  });
});

describe('a permission that is missing', () => {
  it('is named, whatever is asked', async () => {
    graph().fail('any', { status: 403 });
    const told = [
      await kind.look(Buffer.from(azure.sealValue)),
      await kind.create('payments.one'),
      await kind.orphans('payments.one', { at: azure.now }),
      await ended(kind, azure.inUse),
    ];
    for (const did of told) {
      expect(did).toMatchObject({
        code: 'denied',
        detail: expect.stringMatching(/Application\.ReadWrite\.OwnedBy.* owner of the application/),
      });
    }
  });
});
