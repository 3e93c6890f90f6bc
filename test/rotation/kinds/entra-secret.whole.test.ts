/** The client secret of a seal, as composed: what is seen of it, and whose it is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kind, Look } from '../../../shared/rotation/rotation.ts';
import { must } from '../../contract/rotation-kind.ts';
import { leaks } from '../../fakes/hostile/disguises.ts';
import { AzureKindsUnderTest, ended, lifeMs, make, minute } from './azure-kinds-under-test.ts';

const day = 86_400_000;
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

describe('a look', () => {
  it('knows the secret in use by its beginning, and its end from Graph', async () => {
    expect(await look()).toEqual({
      current: {
        state: 'works',
        renewable: false,
        ref: azure.inUse,
        madeAt: azure.now - 100 * day,
        endsAt: azure.now + 80 * day,
        lifeMs,
      },
      ours: [],
      foreign: [expect.stringMatching(/^a secret called "made by Ada", made .*: people's own, not touched$/)],
    });
  });

  it('tells ours from what people made, and shows what they wrote on one line', async () => {
    const { fresh } = await make(kind);
    graph().addByHand({ displayName: 'Bob\u202e\n<b>says</b>' });
    graph().addByHand({ displayName: 'sealwatch ledger.two' });
    const { ours, foreign } = await look();
    expect(ours).toEqual([
      { rotation: 'payments.one', ref: fresh.ref, madeAt: fresh.madeAt, endsAt: fresh.endsAt },
    ]);
    expect(foreign.map((line) => /"(.*)"/.exec(line)?.[1])).toEqual([
      'made by Ada',
      'Bob <b>says</b>',
      'sealwatch ledger.two',
    ]);
  });

  it('finds a secret that was removed behind our back while Vault still serves', async () => {
    graph().removeByHand(azure.inUse);
    expect((await look()).current).toEqual({ state: 'dead', why: expect.stringContaining('AADSTS7000215') });
  });

  it('finds one that has ended', async () => {
    entra().expireSecret(azure.sealValue);
    expect((await look()).current).toEqual({ state: 'dead', why: expect.stringContaining('expired') });
  });

  it('calls nothing dead that Entra may not know everywhere yet: a rotation would be turned back', async () => {
    graph().propagation = 1;
    const { value } = await make(kind);
    const text = value.toString();
    expect((await look(text)).current).toMatchObject({
      state: 'unknown',
      why: expect.stringContaining('everywhere'),
    });
    expect((await look(text)).current).toMatchObject({ state: 'works' });
  });

  it.each<[string, () => void]>([
    ['Conditional Access refuses', () => entra().refuse(53_003)],
    ['Entra throttles', () => entra().fail({ status: 429 })],
    ['Entra does not answer', () => entra().fail('reset')],
    ['the tenant has no such application', () => entra().refuse(700_016)],
  ])('does not know while %s', async (_what, spoil) => {
    spoil();
    expect((await look()).current.state).toBe('unknown');
  });

  it('does not know what cannot be read', async () => {
    expect(must(await kind.look(undefined)).current.state).toBe('unknown');
    expect(entra().received).toEqual([]);
  });
});

describe("people's own secrets", () => {
  it('are never ended, under whatever name', async () => {
    for (const displayName of [
      null,
      'by hand',
      'sealwatch',
      'sealwatch payments',
      'sealwatch payments.one (Ada)',
    ]) {
      const { keyId } = graph().addByHand({ displayName });
      expect(await ended(kind, keyId)).toMatchObject({
        code: 'wrong',
        detail: expect.stringContaining("people's own"),
      });
    }
    expect(sent('removePassword')).toEqual([]);
  });

  it('do not stop a rotation, and stay', async () => {
    const theirs = [graph().addByHand(), graph().addByHand({ displayName: 'for a test' })];
    const { fresh, value } = await make(kind);
    expect(await kind.exercise(fresh, value)).toMatchObject({ ok: true });
    expect(await ended(kind, fresh.ref)).toMatchObject({ ok: true });
    const left = graph()
      .secrets()
      .map(({ keyId }) => keyId);
    expect(left).toEqual([azure.inUse, ...theirs.map(({ keyId }) => keyId)]);
  });
});

describe('an application that is not the one of the seal', () => {
  it('is neither changed nor judged', async () => {
    const other = '8f1b0a52-0000-4000-8000-00000000beef';
    const cluster = azure.cluster({ clientId: other });
    kind = azure.secretKind(cluster);
    const told = [
      await kind.look(Buffer.from(azure.sealValue)),
      await kind.create('payments.one'),
      await kind.orphans('payments.one', { at: 0 }),
      await ended(kind, azure.inUse),
    ];
    for (const did of told) {
      expect(did).toMatchObject({ code: 'wrong', detail: expect.stringContaining('seal.clientId') });
    }
    expect(graph().received.every(({ method }) => method === 'GET')).toBe(true);
    expect(entra().received).toEqual([]);
  });
});

describe('the value of a new secret', () => {
  it('is handed over once, and shown by nothing', async () => {
    const made = must(await kind.create('payments.one'));
    const value = must((await made.value?.()) ?? expect.unreachable('no value')).toString();
    expect(value).toBe(graph().secrets().at(-1)?.value);
    expect(await made.value?.()).toMatchObject({ ok: false, detail: expect.stringContaining('already') });
    const told = [made, await kind.exercise(made.fresh, Buffer.from(value)), await look(value)];
    expect(leaks(told, [value])).toEqual([]);
  });

  it('is sent as it is: a line break at its end is refused', async () => {
    const { fresh, value } = await make(kind);
    azure.now += 20 * minute;
    expect(await kind.exercise(fresh, Buffer.concat([value, Buffer.from('\n')]))).toMatchObject({
      code: 'dead',
    });
    expect(await kind.exercise(fresh, value)).toMatchObject({ ok: true });
  });
});
