/** An old key version that was disabled or deleted too early: what needs it does not open, and that is told until it does. */
import { beforeEach, describe, expect, it } from 'vitest';
import { describeListed, listEscrow } from '../../../shared/work/escrow/list.ts';
import { goBack } from '../../../shared/work/recover/accept.ts';
import { keepEscrow, keepNow } from '../../../shared/work/recover/upkeep.ts';
import { judgeEscrow } from '../../../shared/work/recover-findings/escrow.ts';
import { errorOf, type MemoryCustodian } from '../../escrow/build.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

let world: RecoveryUnderTest;
let a: MemoryCustodian;
let old: string;

const keep = async () => {
  const kept = await keepNow(world.process(), 'payments', ada, { verifyOnly: false });
  if (!kept.ok) throw new Error(kept.message);
  return kept.value;
};
const row = async () => (await world.state.generations.newest('payments'))?.value;
const proven = async () => {
  const stored = await world.state.generations.newest('payments');
  if (stored)
    await world.state.generations.save({ ...stored.value, provenAt: world.clock.now() }, stored.etag);
};
const listed = async () => (await listEscrow(world.process())).flatMap(describeListed).join('\n');
const unavailable = async () =>
  judgeEscrow(world.cluster, await row(), [], world.clock.now())['escrow-unavailable'];
const oldIs = (code: 'key-disabled' | 'key-deleted' | 'unavailable') => {
  a.failing = (_call, keyId) => (keyId === old ? errorOf(code) : undefined);
};

/** A proven generation, an import over it under the second version of the key, and then the first one is disabled. */
beforeEach(async () => {
  world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
  a = world.custodians.get('a') as MemoryCustodian;
  old = a.keyId;
  await proven();
  a.version = 2;
  await world.escrow();
});

describe.each([
  ['key-disabled', 'disabled', 'enable it again in Key Vault'],
  ['key-deleted', 'deleted', 'recover it in Key Vault'],
] as const)('an old version that Key Vault calls %s while the way back needs it', (code, gone, remedy) => {
  beforeEach(() => oldIs(code));

  it('is a problem in the answer to a rewrap, and stays in its list', async () => {
    const { oldKeys, problems } = await keep();
    expect(oldKeys).toMatchObject([
      { keyId: old, gone, neededBy: [/may go back to/, /^the blob/].map(matching) },
    ]);
    expect(problems).toEqual([
      {
        custodian: 'a',
        code: 'old-key-gone',
        message: `custodian "a": ${old} is ${gone}, and still needed by generation 1.1 of payments, which an approver may go back to until 2.1 has unsealed a node (and by 1 more: sealwatch escrow list): ${remedy}`,
      },
    ]);
    expect((await keep()).oldKeys).toEqual(oldKeys);
  });

  it('is told by escrow list, which offers no way back until then', async () => {
    expect(await listed()).toContain('escrow go-back');
    await keepEscrow(world.process());
    expect(await listed()).toMatch(
      new RegExp(`is ${gone.toUpperCase()} \\(as last looked at\\), and still needed by .*: ${remedy}`),
    );
    expect(await listed()).toContain(`NO WAY BACK to it now (custodian "a": its key version is ${gone})`);
    expect(await listed()).not.toContain('escrow go-back');
    const back = await goBack(world.process(), 'payments', grace, { generation: 1, revision: 1 });
    expect(back.ok).toBe(false);
  });

  it('is told by the log, and by the finding that pages', async () => {
    await keepEscrow(world.process());
    const told = world.logged.map((line) => JSON.parse(line) as object);
    expect(told).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'escrow-key-version-gone', version: old, is: gone }),
    );
    expect(await unavailable()).toMatchObject({
      state: 'present',
      finding: {
        summary: 'custodian a: an old version of its key is disabled or gone, and still needed',
        evidence: [expect.stringContaining(remedy)],
      },
    });
  });

  it('is told no more once it is there again', async () => {
    await keep();
    a.failing = () => undefined;
    const { oldKeys, problems } = await keep();
    expect(oldKeys).toMatchObject([{ keyId: old }]);
    expect(oldKeys[0]).not.toHaveProperty('gone');
    expect(problems).toEqual([]);
    expect(await unavailable()).toEqual({ state: 'absent' });
    expect(await listed()).toContain('escrow go-back');
  });

  it('is forgotten once nothing needs it any more', async () => {
    await keep();
    await proven();
    expect((await keep()).oldKeys).toMatchObject([{ keyId: old, gone, neededBy: [matching(/^the blob/)] }]);
    world.state.blobs.delete('payments/0001.0001.json');
    expect(await listed()).toContain(`is ${gone}, and nothing needs it any more`);
    expect(await keep()).toMatchObject({ oldKeys: [], problems: [] });
    expect(await row()).not.toHaveProperty('oldKeys');
  });
});

it('no way back is offered to a blob that cannot be read', async () => {
  await keep();
  world.state.blobs.delete('payments/0001.0001.json');
  expect(await listed()).toContain('NO WAY BACK to it now (its blob is gone, or cannot be read)');
  expect(await listed()).not.toContain('escrow go-back');
});

describe('an old version that was disabled', () => {
  beforeEach(() => oldIs('key-disabled'));

  it('keeps nothing from being rewrapped, and is a problem in the answer to that, too', async () => {
    const second = a.keyId;
    a.version = 3;
    const { revision, oldKeys, problems } = await keep();
    expect(revision).toBe(2);
    expect(oldKeys.map(({ keyId, gone }) => [keyId, gone])).toEqual([
      [old, 'disabled'],
      [second, undefined],
    ]);
    expect(problems.map(({ code }) => code)).toEqual(['old-key-gone']);
    expect((await row())?.upkeep?.problems).toEqual(problems);
  });

  it('is told on after an import, until the next upkeep looks', async () => {
    const { problems } = await keep();
    await world.escrow();
    expect(await row()).toMatchObject({
      generation: 3,
      oldKeys: [{ gone: 'disabled' }],
      upkeep: { problems },
    });
    expect((await unavailable())?.state).toBe('present');
    a.failing = () => undefined;
    await keep();
    expect((await row())?.upkeep?.problems).toEqual([]);
  });

  it('is told beside a blob in use that is not what was accepted', async () => {
    world.state.blobs.set('payments/0002.0001.json', Buffer.from('{}'));
    expect((await keep()).problems.map(({ code }) => code)).toEqual(['tampered', 'old-key-gone']);
  });

  it('is still known to be, while its custodian cannot be asked', async () => {
    await keep();
    oldIs('unavailable');
    expect(await keep()).toMatchObject({
      oldKeys: [{ gone: 'disabled' }],
      problems: [{ code: 'old-key-gone' }],
    });
  });

  it('stays in the list, and pages nobody, where only what cannot be read may need it', async () => {
    await proven();
    world.state.blobs.set('payments/0001.0001.json', Buffer.from('{}'));
    const { oldKeys, problems } = await keep();
    expect(oldKeys).toMatchObject([
      { gone: 'disabled', neededBy: [matching(/^perhaps payments: the blob/)] },
    ]);
    expect(problems).toEqual([]);
  });
});

function matching(pattern: RegExp): string {
  return expect.stringMatching(pattern) as string;
}
