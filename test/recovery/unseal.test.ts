import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Share } from '../../shared/escrow/share.ts';
import { type Run, run, type UnderUnseal, underUnseal } from './unsealing.ts';

const all = (result: string) => ({ 'vault-1': result, 'vault-2': result, 'vault-3': result });
const strange = () => ({ key: Buffer.concat([randomBytes(32), Buffer.from([200])]).toString('base64') });
const unseal = (fleet: UnderUnseal, over: Parameters<typeof run>[2] = {}): Promise<Run> =>
  run(fleet.targets(), fleet.shares(1, 2, 3), over);

function sharesSent(fleet: UnderUnseal, node: string): number {
  return fleet.sent.filter((sent) => sent.node === node && sent.share !== 'reset').length;
}

describe('a set of shares', () => {
  it('unseals three nodes, share by share, each share to each node once', async () => {
    const fleet = underUnseal();
    const { results } = await unseal(fleet);
    expect(results).toEqual(all('unsealed'));
    expect(fleet.nodes.map((node) => fleet.sealed(node))).toEqual([false, false, false]);
    const { shares } = fleet.simulation.keys;
    expect(fleet.sent.map(({ share }) => shares.indexOf(share) + 1)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  it('is announced round by round before anything is sent, with the nonce from the second round on', async () => {
    const fleet = underUnseal();
    const sentBefore: number[] = [];
    const { rounds } = await unseal(fleet);
    const again = underUnseal();
    await unseal(again, {
      beforeRound: () => {
        sentBefore.push(again.sent.length);
        return Promise.resolve('go');
      },
    });
    expect(sentBefore).toEqual([0, 3, 6]);
    expect(rounds.map((round) => round.map(({ node, position, index }) => [node, position, index]))).toEqual(
      [1, 2, 3].map((n) => fleet.nodes.map((node) => [node, n, n])),
    );
    expect(rounds.map((round) => round.every(({ nonce }) => nonce !== undefined))).toEqual([
      false,
      true,
      true,
    ]);
    expect(rounds[0]?.[0]).toMatchObject({ pass: 1, generation: 2, revision: 1 });
  });

  it('goes no further than the caller lets it', async () => {
    const fleet = underUnseal();
    let rounds = 0;
    const stopAtSecond = () => Promise.resolve(++rounds === 2 ? ('stop' as const) : ('go' as const));
    const { results } = await unseal(fleet, { beforeRound: stopAtSecond });
    expect(results).toEqual(all('stopped'));
    expect(fleet.sent).toHaveLength(3);
    const other = underUnseal();
    await expect(
      unseal(other, { beforeRound: () => Promise.reject(new Error('storage is away')) }),
    ).rejects.toThrow('storage is away');
    expect(other.sent).toEqual([]);
  });

  it('stops between rounds when it is aborted', async () => {
    const fleet = underUnseal();
    const abort = new AbortController();
    fleet.before('vault-3', 2, () => abort.abort());
    const { results } = await unseal(fleet, { signal: abort.signal });
    expect(Object.values(results)).not.toContain('unsealed');
    expect(fleet.nodes.map((node) => sharesSent(fleet, node) < 3)).toEqual([true, true, true]);
  });

  it('goes to a node only until it is unsealed', async () => {
    const fleet = underUnseal();
    const [, second = '', third = ''] = fleet.simulation.keys.shares;
    fleet.before('vault-1', 2, () => {
      fleet.stranger('vault-1', { key: second });
      fleet.stranger('vault-1', { key: third });
    });
    const { results, details } = await unseal(fleet);
    expect(results).toEqual(all('unsealed'));
    expect(details[0]?.result).toEqual({ kind: 'unsealed', bySet: false });
    expect(sharesSent(fleet, 'vault-1')).toBe(2);
  });

  it('begins with a reset where the plan says so', async () => {
    const fleet = underUnseal();
    fleet.stranger('vault-1', strange());
    const { results } = await run(fleet.targets({ reset: true }), fleet.shares(1, 2, 3));
    expect(results).toEqual(all('unsealed'));
    expect(fleet.sent[0]).toEqual({ node: 'vault-1', share: 'reset' });
  });

  it('leaves a node that joins: it unseals by itself', async () => {
    const fleet = underUnseal({ active: true });
    fleet.simulation.apply({ kind: 'kill', node: 'vault-3' });
    fleet.simulation.apply({ kind: 'wipe', node: 'vault-3' });
    fleet.simulation.apply({ kind: 'start', node: 'vault-3' });
    fleet.simulation.apply({ kind: 'kill', node: 'vault-2' });
    fleet.simulation.apply({ kind: 'start', node: 'vault-2' });
    await run(fleet.targets().slice(1, 2), fleet.shares(1, 2, 3));
    fleet.later(20_000);
    const { results } = await run(fleet.targets().slice(2), fleet.shares(1, 2, 3));
    expect(results).toEqual({ 'vault-3': 'joining' });
    fleet.later(5000);
    expect(fleet.sealed('vault-3')).toBe(false);
  });

  it('of one share, where the threshold is one', async () => {
    const fleet = underUnseal({ shares: 1, threshold: 1 });
    expect((await run(fleet.targets(), fleet.shares(1), { threshold: 1 })).results).toEqual(all('unsealed'));
  });

  it('is never larger than the threshold, nor holds a share twice', async () => {
    const fleet = underUnseal();
    await expect(run(fleet.targets(), fleet.shares(1, 2, 3, 4))).rejects.toThrow(
      '4 shares for a threshold of 3',
    );
    await expect(run(fleet.targets(), fleet.shares(1, 2))).rejects.toThrow('2 shares');
    await expect(run(fleet.targets(), fleet.shares(1, 2, 2))).rejects.toThrow('twice');
    expect(fleet.sent).toEqual([]);
  });
});

describe('a set that opens nothing', () => {
  it('is a wrong generation where exactly our shares were refused at the end', async () => {
    const fleet = underUnseal();
    const wrong = [1, 2, 3].map((n) => new Share(n, Buffer.concat([randomBytes(32), Buffer.from([n])])));
    expect((await run(fleet.targets(), wrong)).results).toEqual(all('wrong-generation'));
  });

  it('is interference where the same set opened another node', async () => {
    const fleet = underUnseal();
    // After our look, right before our last share: the one moment at which an answer cannot tell whose set it ends.
    fleet.before('vault-2', 4, () => {
      fleet.stranger('vault-2', { reset: true });
      fleet.stranger('vault-2', strange());
      fleet.stranger('vault-2', {
        key: Buffer.concat([randomBytes(32), Buffer.from([201])]).toString('base64'),
      });
    });
    expect((await unseal(fleet)).results).toEqual({ ...all('unsealed'), 'vault-2': 'interference' });
  });

  it('stops at the first answer of a node that takes another threshold', async () => {
    const fleet = underUnseal({ shares: 7, threshold: 4 });
    const { results } = await unseal(fleet);
    expect(results).toEqual(all('failed threshold-differs'));
    expect(fleet.sent).toHaveLength(3);
  });

  it('names what a node refuses: removed, migrating, uninitialised', async () => {
    const removed = underUnseal({ active: true });
    removed.simulation.apply({ kind: 'remove', node: 'vault-3' });
    expect((await run(removed.targets().slice(2), removed.shares(1, 2, 3))).results).toEqual({
      'vault-3': 'failed node-removed',
    });
    const migrating = underUnseal();
    migrating.simulation.apply({ kind: 'migrate', to: 'transit' });
    expect((await unseal(migrating)).results).toEqual(all('failed migration'));
    const donor = underUnseal();
    const bare = underUnseal({ healthy: false });
    expect((await run(bare.targets(), donor.shares(1, 2, 3))).results).toEqual(all('failed not-initialised'));
  });
});

describe("somebody else's share", () => {
  // Requests to a node: two shares, the look before the last, the last.
  it.each([1, 2, 3, 4])('before our request %i is interference: nothing more is sent there', async (n) => {
    const fleet = underUnseal();
    fleet.before('vault-2', n, () => fleet.stranger('vault-2', strange()));
    const { results } = await unseal(fleet);
    expect(results).toEqual({ ...all('unsealed'), 'vault-2': 'interference' });
    expect(sharesSent(fleet, 'vault-2')).toBe([1, 2, 2, 3][n - 1]);
    expect(fleet.sealed('vault-2')).toBe(true);
  });

  it.each([2, 3, 4])('reset before our request %i is interference', async (n) => {
    const fleet = underUnseal();
    fleet.before('vault-2', n, () => fleet.stranger('vault-2', { reset: true }));
    expect((await unseal(fleet)).results).toMatchObject({ 'vault-2': 'interference', 'vault-1': 'unsealed' });
  });

  it('of another length is interference', async () => {
    const fleet = underUnseal();
    const short = { key: randomBytes(20).toString('base64') };
    fleet.before('vault-2', 2, () => fleet.stranger('vault-2', short));
    expect((await unseal(fleet)).results).toMatchObject({ 'vault-2': 'interference' });
  });

  it('which is one of ours changes nothing: a share counts once', async () => {
    const fleet = underUnseal();
    const [first = ''] = fleet.simulation.keys.shares;
    fleet.before('vault-2', 1, () => fleet.stranger('vault-2', { key: first }));
    expect((await unseal(fleet)).results).toMatchObject({ 'vault-2': 'unsealed' });
  });

  it('cannot be told from a load balancer before three nodes, and that one is left alone as well', async () => {
    const fleet = underUnseal();
    let turn = 0;
    const client = {
      unseal: (...args: Parameters<ReturnType<UnderUnseal['client']>['unseal']>) =>
        fleet.client(fleet.nodes[turn++ % 3] ?? '').unseal(...args),
      sealStatus: () => fleet.client(fleet.nodes[turn++ % 3] ?? '').sealStatus(),
    };
    const { results } = await run([{ node: 'vault', client, reset: false }], fleet.shares(1, 2, 3));
    expect(results).toEqual({ vault: 'interference' });
    expect(fleet.sent).toHaveLength(2);
  });
});

describe('a node that fails in the middle', () => {
  it('stops only itself', async () => {
    const fleet = underUnseal();
    fleet.before('vault-2', 2, () => fleet.simulation.apply({ kind: 'kill', node: 'vault-2' }));
    expect((await unseal(fleet)).results).toEqual({ ...all('unsealed'), 'vault-2': 'failed refused' });
    expect(sharesSent(fleet, 'vault-2')).toBe(2);
  });

  it('or that never answers again, costs the others one timeout', async () => {
    const fleet = underUnseal();
    fleet.before('vault-2', 2, () =>
      fleet.simulation.apply({ kind: 'faults', node: 'vault-2', faults: { hang: true } }),
    );
    const { results } = await unseal(fleet, { roundTimeoutMs: 40 });
    expect(results).toEqual({ ...all('unsealed'), 'vault-2': 'failed timeout' });
  });

  it('or answers what no Vault does', async () => {
    const fleet = underUnseal();
    const garbage = { status: 200, contentType: 'text/html', body: '<h1>It works</h1>' };
    fleet.simulation.apply({ kind: 'faults', node: 'vault-2', faults: { garbage } });
    expect((await unseal(fleet)).results).toEqual({ ...all('unsealed'), 'vault-2': 'failed not-json' });
  });
});

describe("a contribution by one custodian's owner", () => {
  const contribution = { contribution: true };

  it('begins a set, and the next one goes on under the nonce that was read out', async () => {
    const fleet = underUnseal();
    const [target] = fleet.targets();
    if (!target) throw new Error('no node');
    const first = await run([target], fleet.shares(4), contribution);
    const [{ result }] = first.details as [Run['details'][number]];
    if (result.kind !== 'contributed') throw new Error(result.kind);
    expect(result.progress).toBe(1);
    const second = await run(
      [{ ...target, join: { progress: 1, nonce: result.nonce } }],
      fleet.shares(1, 2),
      contribution,
    );
    expect(second.results).toEqual({ 'vault-1': 'unsealed' });
    expect(second.rounds.map(([intent]) => [intent?.position, intent?.nonce])).toEqual([
      [2, result.nonce],
      [3, result.nonce],
    ]);
  });

  it('stops where the set is another one by now', async () => {
    const fleet = underUnseal();
    const [target] = fleet.targets();
    if (!target) throw new Error('no node');
    fleet.stranger('vault-1', strange());
    const join = { progress: 1, nonce: '11111111-cf5b-d566-f6bd-f6c19d0d2b77' };
    const { results } = await run([{ ...target, join }], fleet.shares(1, 2), contribution);
    expect(results).toEqual({ 'vault-1': 'interference' });
    expect(fleet.sent).toHaveLength(1);
  });

  it('never says that a generation is wrong: others have a part in the set', async () => {
    const fleet = underUnseal();
    const [target] = fleet.targets();
    if (!target) throw new Error('no node');
    fleet.stranger('vault-1', strange());
    const nonce = fleet.simulation.state.nodes[0]?.unsealing?.nonce ?? '';
    const { results } = await run(
      [{ ...target, join: { progress: 1, nonce } }],
      fleet.shares(1, 2),
      contribution,
    );
    expect(results).toEqual({ 'vault-1': 'failed authentication-failed' });
  });

  it('never makes a set larger than the threshold', async () => {
    const fleet = underUnseal();
    const join = { progress: 2, nonce: '11111111-cf5b-d566-f6bd-f6c19d0d2b77' };
    await expect(run(fleet.targets({ join }), fleet.shares(1, 2), contribution)).rejects.toThrow('threshold');
  });
});
