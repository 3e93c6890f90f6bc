import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApprovalBinding } from '../../../shared/people/person.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import { anAsking } from '../../fakes/state/recover-examples.ts';
import { EscrowUnderTest } from '../escrow/escrow-under-test.ts';

let world: EscrowUnderTest;
beforeEach(async () => {
  world = await EscrowUnderTest.open();
});
afterEach(() => world.close());

async function request(...args: string[]): Promise<string> {
  const { code, out, err } = await world.run([
    'request',
    '--cluster',
    'payments',
    '--reason',
    'it is night',
    ...args,
  ]);
  if (code !== 0) throw new Error(err);
  return out.trim();
}

const read = async (id: string) => (await world.state.recoveries.read('payments', id))?.value;

/** As a pass leaves it. */
async function needing(id: string, more: Partial<ApprovalBinding> = {}): Promise<void> {
  const { cluster = '', fleetEntry = '' } = (await read(id)) ?? {};
  const binding = { recovery: id, cluster, steps: ['unseal-node' as const], fleetEntry, ...more };
  await saved(id, { needs: anAsking('vault-0 was sealed in process', { binding }) });
}

async function saved(id: string, change: Partial<Recovery>): Promise<void> {
  const stored = await world.state.recoveries.read('payments', id);
  if (!stored) throw new Error('no recovery');
  const changed = { ...stored, value: { ...stored.value, ...change } };
  await (change.status === 'ended'
    ? world.state.recoveries.end(changed)
    : world.state.recoveries.save(changed));
}

describe('request', () => {
  it('asks, with everything that was said, and prints the id alone', async () => {
    const id = await request('--dry-run', '--lost', 'vault-0', '--lost', 'vault-1');
    expect(await read(id)).toMatchObject({
      kind: 'unseal',
      way: 'manual',
      by: 'local/ada',
      reason: 'it is night',
      dryRun: true,
      lost: ['vault-0', 'vault-1'],
    });
  });

  it('names the one that is open, which --take-over ends', async () => {
    const first = await request();
    const second = await world.run(['request', '--cluster', 'payments', '--reason', 'again']);
    expect(second.code).toBe(1);
    expect(second.err).toContain(`recovery ${first} of payments is open`);
    await world.as(['Sealwatch.Operate'], 'grace');
    const others = await world.run(['request', '--cluster', 'payments', '--reason', 'mine', '--take-over']);
    expect(others.err).toContain('ada asked for');
    await world.as(['Sealwatch.Operate', 'Sealwatch.Approve'], 'grace');
    const third = await request('--take-over');
    expect(await read(first)).toMatchObject({
      status: 'ended',
      ended: { outcome: 'taken-over', summary: 'taken over by grace: it is night' },
    });
    expect(await read(third)).toMatchObject({ status: 'open', by: 'local/grace' });
  });

  it.each([
    [[], '--cluster is missing'],
    [['--cluster', 'payments'], '--reason is missing'],
    [['--cluster', 'payments', '--reason', ' '], '--reason is missing'],
    [['--cluster', 'payments', '--reason', 'r', '--force'], 'there is no option --force'],
    [['--cluster'], 'an option is unknown, or misses its value'],
    [['payments'], 'an argument without its option'],
  ])('does not understand %j', async (args, why) => {
    const { code, err } = await world.run(['request', ...args]);
    expect(code).toBe(2);
    expect(err).toContain(why);
    expect(world.asked).toEqual([]);
  });
});

describe('show', () => {
  it('tells what it needs', async () => {
    const id = await request();
    await needing(id);
    const { code, out } = await world.run(['show', id]);
    expect(code).toBe(0);
    expect(out).toContain(`${id}: unseal of payments, open`);
    expect(out).toContain('needs approval: by one person: vault-0 was sealed in process');
    expect(out).toContain('to approve: unseal-node');
  });

  it('tells what it waits for, and until when', async () => {
    const id = await request();
    await saved(id, { waiting: { what: '1 of 2 nodes serving', until: Date.UTC(2026, 10, 22, 3) } });
    const { out } = await world.run(['show', id]);
    expect(out).toContain('\n  waits for 1 of 2 nodes serving, until 2026-11-22T03:00:00.000Z\n');
  });

  it('tells how it ended, and no longer what it waited for', async () => {
    const id = await request();
    await saved(id, { waiting: { what: 'the leader', until: Date.UTC(2026, 10, 22, 3) } });
    await world.pass();
    const { out } = await world.run(['show', id]);
    expect(out).toContain(`${id}: unseal of payments, ended\n`);
    expect(out).toMatch(/\n {2}ended \d{4}-\d\d-\d\dT[\d:.]+Z, nothing-to-do: 2 of 2 nodes serving\n/);
    expect(out).not.toContain('waits for');
  });

  it('prints the peers.json for nodes that are lost so that it can be copied, however long', async () => {
    const servers = Array.from({ length: 32 }, (_, at) => ({
      nodeId: `vault-${at}`,
      address: `vault-${at}.payments.internal.example.com:8201`,
      voter: at < 2,
    }));
    for (const { name } of world.simulation.state.nodes) world.simulation.apply({ kind: 'kill', node: name });
    const id = await request('--lost', 'vault-1');
    await world.pass({ nodes: {}, raft: { at: Date.now(), servers } });
    const { code, out } = await world.run(['show', id]);
    expect(code).toBe(0);
    const lines = out.split('\n');
    const peers = lines.slice(lines.findIndex((line) => line.trim() === '[')).join('\n');
    expect(peers.length).toBeGreaterThan(2_000);
    const survivors = servers.filter(({ nodeId }) => nodeId !== 'vault-1');
    expect(JSON.parse(peers)).toEqual(
      survivors.map(({ nodeId, address, voter }) => ({ id: nodeId, address, non_voter: !voter })),
    );
  });

  it('takes no control characters from an end, and lets none of its lines pass for another', async () => {
    const id = await request();
    const summary = `no\u001b[2J way\r\n  needs approval: of nobody\n${'x'.repeat(3_000)}`;
    await saved(id, { status: 'ended', ended: { at: 0, outcome: 'refused', summary } });
    const { out } = await world.run(['show', id]);
    expect(out).toContain('refused: no [2J way\n      needs approval: of nobody\n');
    expect(out).toContain(`\n    ${'x'.repeat(3_000)}\n`);
  });

  it('says when there is none', async () => {
    const { code, err } = await world.run(['show', 'payments.0']);
    expect(code).toBe(1);
    expect(err).toContain('there is no such recovery');
  });

  it('takes one id', async () => {
    expect((await world.run(['show'])).code).toBe(2);
  });
});

describe('approve', () => {
  it('shows what it is for, asks, and says for how long', async () => {
    const id = await request();
    await needing(id);
    await world.as(['Sealwatch.Approve'], 'grace');
    const { code, out, err } = await world.run(['approve', id], { answer: 'yes' });
    expect(code).toBe(0);
    expect(err).toContain('to approve: unseal-node');
    expect(out).toMatch(/^Approved: unseal-node, until \d{4}-/);
    expect(await world.state.approvals.of('payments', id)).toMatchObject([{ by: 'local/grace' }]);
  });

  it.each([[{ answer: 'no' }], [{ answer: '' }], [{}]])('approves nothing for %j', async (typing) => {
    const id = await request();
    await needing(id);
    await world.as(['Sealwatch.Approve'], 'grace');
    expect((await world.run(['approve', id], typing)).code).toBe(1);
    expect(await world.state.approvals.of('payments', id)).toEqual([]);
  });

  it('approves what it showed, and nothing that took its place meanwhile', async () => {
    const id = await request();
    await needing(id);
    await world.as(['Sealwatch.Approve'], 'grace');
    const whileAsked = () => needing(id, { generation: { generation: 2, revision: 1 } });
    const { code, err } = await world.run(['approve', id], { answer: 'yes', whileAsked });
    expect(code).toBe(1);
    expect(err).toContain('it asks for something else than you were shown: look at it again');
    expect(await world.state.approvals.of('payments', id)).toEqual([]);
  });

  it('approves nothing that nobody asked for', async () => {
    const id = await request();
    await world.as(['Sealwatch.Approve'], 'grace');
    const { code, err } = await world.run(['approve', id, '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('asks for no approval');
  });

  it('needs its own role', async () => {
    const id = await request();
    await needing(id);
    const { code, err } = await world.run(['approve', id, '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('needs the role Sealwatch.Approve');
  });
});

it.each([
  [['request', '--cluster', 'payments']],
  [['reject', 'payments.1']],
  [['hold', '--cluster', 'payments', '--for', '2h']],
  [['escrow', 'rebind', '--cluster', 'payments']],
])('%j: a share in a reason does not leave this machine', async (args) => {
  const share = world.simulation.keys.shares[0] ?? '';
  const { code, err } = await world.run([...args, '--reason', `unseal with ${share}`]);
  expect(code).toBe(1);
  expect(err).toMatch(/^--reason: a word of it looks like a key/);
  expect(err).not.toContain(share);
  expect(world.asked).toEqual([]);
});

it('reject ends it', async () => {
  const id = await request();
  await world.as(['Sealwatch.Approve'], 'grace');
  expect((await world.run(['reject', id, '--reason', 'not now'])).code).toBe(0);
  expect(await read(id)).toMatchObject({
    ended: { outcome: 'rejected', summary: 'rejected by grace: not now' },
  });
});

it('hold stands until its time, or its end', async () => {
  const set = await world.run(['hold', '--cluster', 'payments', '--for', '2h', '--reason', 'upgrade']);
  expect(set.code).toBe(0);
  expect(await world.state.holds.of('payments')).toMatchObject({ by: 'ada', reason: 'upgrade' });
  expect((await world.run(['hold', '--cluster', 'payments', '--end', '--for', '1h'])).code).toBe(2);
  expect((await world.run(['hold', '--cluster', 'payments', '--end'])).code).toBe(0);
  expect(await world.state.holds.of('payments')).toBeUndefined();
  const long = await world.run(['hold', '--cluster', 'payments', '--for', '8d', '--reason', 'upgrade']);
  expect(long.code).toBe(1);
  expect(long.err).toContain('at most 7 days');
});

it('control characters of an answer do not reach the terminal', async () => {
  world.broken = { status: 409, body: JSON.stringify({ error: 'x', message: 'a\u001b[2Jb\u202ec' }) };
  const { code, err } = await world.run(['show', 'payments.0']);
  expect(code).toBe(1);
  expect(err).toBe('a [2Jb c\n');
});

it.each([
  [{ status: 404, body: '<html>' }, 'is SEALWATCH_API the address of recover?'],
  [{ status: 302, body: '' }, 'answered 302'],
  [{ status: 200, body: '{}' }, 'answered something else than recover does'],
  [{ status: 200, body: '<html>' }, 'answered something else than recover does'],
])('an answer that is not of recover is told as such: %j', async (broken, why) => {
  world.broken = broken;
  const { code, err } = await world.run(['show', 'payments.0']);
  expect(code).toBe(1);
  expect(err).toContain(why);
});
