import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SealStatus } from '../../../shared/vault/answers.ts';
import type { ShareClient } from '../../../shared/vault/unseal.ts';
import { describeImport } from '../../../shared/work/escrow/describe.ts';
import { type ImportView, lookBeforeImport } from '../../../shared/work/escrow/look.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { RecoveryUnderTest } from '../recover/recovery-under-test.ts';

let world: RecoveryUnderTest;
beforeEach(() => {
  world = new RecoveryUnderTest({ policy: 'manual' });
});

const answer = (over: Partial<SealStatus> = {}): SealStatus => ({
  type: 'shamir',
  initialized: true,
  sealed: false,
  t: 3,
  n: 5,
  progress: 0,
  cluster_id: 'one',
  ...over,
});

/** Nodes that answer so, one after the other; undefined: does not answer. */
async function look(...answers: (SealStatus | undefined)[]) {
  let closed = 0;
  const deps = world.process({
    connect: async () => ({
      nodes: answers.map((status, at) => ({
        node: `vault-${at}`,
        address: `https://vault-${at}:8200`,
        client: {
          certificate: () => undefined,
          sealStatus: async () =>
            status
              ? { ok: true, status: 200, body: status, ms: 1 }
              : {
                  ok: false,
                  error: { code: 'refused', message: 'connection refused', recoverable: true },
                  ms: 1,
                },
        } as unknown as ShareClient,
      })),
      close: async () => void (closed += 1),
    }),
  });
  const looked = await lookBeforeImport(deps, 'payments');
  expect(closed).toBe(1);
  return looked;
}

async function viewOf(...answers: (SealStatus | undefined)[]): Promise<ImportView> {
  const looked = await look(...answers);
  if (!looked.ok) throw new Error(looked.problems.join('; '));
  return looked.view;
}

const problemOf = async (...answers: (SealStatus | undefined)[]): Promise<string> => {
  const looked = await look(...answers);
  return looked.ok ? '' : looked.problems.join('; ');
};

describe('what the cluster says of its seal', () => {
  it('is taken from any node that answers, sealed or not', async () => {
    const { cluster_id: _id, ...sealed } = answer({ sealed: true });
    const { seal, nodes } = await viewOf(undefined, sealed, answer());
    expect(seal).toEqual({ threshold: 3, count: 5, type: 'shamir', recoverySeal: false });
    expect(nodes.map(({ silent }) => silent)).toEqual(['connection refused', undefined, undefined]);
  });

  it('is not taken from a joiner, nor from a node that was removed', async () => {
    const joiner = answer({ initialized: false, t: 0, n: 0 });
    const removed = answer({ removed_from_cluster: true, cluster_id: 'older' });
    expect((await viewOf(joiner, removed, answer())).seal.count).toBe(5);
    expect(await problemOf(joiner)).toContain('payments is not initialised');
  });

  it.each([
    ['threshold', { t: 2 }],
    ['count', { n: 7 }],
    ['seal', { type: 'transit', recovery_seal: true }],
    ['cluster id', { cluster_id: 'two' }],
  ])('must be one: another %s on another node ends it', async (_, over) => {
    expect(await problemOf(answer(), answer(over))).toContain(
      'vault-0 and vault-1 are of different clusters',
    );
  });

  it('is not taken in the middle of a seal migration', async () => {
    expect(await problemOf(answer(), answer({ migration: true }))).toContain(
      'vault-1 is in a seal migration',
    );
  });

  it('is needed: with no node that answers nothing can be checked', async () => {
    expect(await problemOf(undefined, undefined)).toMatch(/no node of payments answers.*vault-0.*vault-1/);
  });
});

it('numbers an import after what is in use, and after what was never accepted', async () => {
  expect(await viewOf(answer())).toMatchObject({ generation: 1 });
  await world.escrow();
  expect(await viewOf(answer())).toMatchObject({ generation: 2, follows: { generation: 1, revision: 1 } });
  await world.state.escrow.create('payments/0007.0001.json', Buffer.from('{}'));
  expect(await viewOf(answer())).toMatchObject({ generation: 8 });
});

it('passes over numbers so far ahead that no import could follow them', async () => {
  await world.escrow();
  for (const far of ['1001', '1000000', '9007199254740991', '99999999999999999999']) {
    world.state.blobs.set(`payments/${far}.0001.json`, Buffer.from('{}'));
  }
  expect(await viewOf(answer())).toMatchObject({ generation: 2 });
});

it.each([{ n: 256 }, { n: 10_000_000 }, { t: 300, n: 400 }, { n: 5.5 }])(
  'a node that says %j is not believed',
  async (over) => {
    expect(await problemOf(answer(over))).toMatch(/^vault-0 says .* shares: Vault has at most 255$/);
  },
);

it('warns of the proven generation that an import replaces, and of no other', async () => {
  await world.escrow();
  expect(describeImport(await viewOf(answer())).join('\n')).not.toContain('PROVEN');
  const row = await world.state.generations.newest('payments');
  if (!row) throw new Error('no row');
  await world.state.generations.save({ ...row.value, provenAt: Date.UTC(2026, 10, 20) }, row.etag);
  const lines = describeImport(await viewOf(answer()));
  expect(lines).toContainEqual(
    expect.stringContaining('REPLACES A PROVEN GENERATION: 1.1 unsealed a node on 2026-11-20'),
  );
});

it('a cluster without custodians is told what to name', async () => {
  const bare = world.yaml.slice(0, world.yaml.indexOf('    escrow:'));
  world.yaml = bare;
  const looked = await lookBeforeImport(world.process(), 'payments');
  expect(looked).toMatchObject({
    ok: false,
    problems: [expect.stringContaining('escrow.custodians') as string],
  });
});

describe('what a person is shown', () => {
  it('says that recovery keys are never used by automation', async () => {
    const view = await viewOf(answer({ type: 'transit', recovery_seal: true }));
    expect(describeImport(view)[0]).toContain('recovery keys of a cluster that unseals by transit');
  });

  it('says what stands in for a CA, a name and pins that are not set', async () => {
    const text = describeImport(await viewOf(answer())).join('\n');
    expect(text).toContain('CA: none named: every root that this system trusts');
    expect(text).toContain('certificates must carry the host of the address');
    expect(text).toContain(
      'Pins: none: whoever any such root certifies for these names is taken for a node, and gets shares (tls.pins',
    );
    expect(text).toContain('No custodian can reach the threshold of 3 alone.');
  });

  it('shows names and pins that are set', async () => {
    const view = await viewOf(answer());
    const binding = { ...view.binding, serverName: 'vault.example.com', pins: ['cGlu'] };
    const text = describeImport({ ...view, binding }).join('\n');
    expect(text).toContain('certificates must carry vault.example.com');
    expect(text).toContain('Pin: cGlu');
    expect(text).not.toContain('Pins: none');
  });

  it.each([
    [1, 'this CA'],
    [2, 'one of these CAs'],
  ])('says whom %i CA without pins lets pass for a node', async (count, vouching) => {
    const view = await viewOf(answer());
    const made = await Promise.all(Array.from({ length: count }, (_, at) => createAuthority(`CA ${at}`)));
    const ca = made.map(({ certPem }) => new X509Certificate(certPem).raw.toString('base64'));
    const text = describeImport({ ...view, binding: { ...view.binding, ca } }).join('\n');
    expect(text).toContain(`Pins: none: whoever ${vouching} certifies for these names is taken for a node`);
  });

  it('takes no control characters from a certificate', async () => {
    const view = await viewOf(answer());
    const certificate = {
      subject: 'CN=a\u001b[2J\nO=b',
      issuer: 'CN=ca',
      spki: 'x',
      notBefore: 0,
      notAfter: 0,
      seenAt: 0,
    };
    const nodes = [{ node: 'a', address: 'https://a:8200', certificate }];
    expect(describeImport({ ...view, nodes }).join('\n')).toContain('CN=a, [2J, O=b, by CN=ca');
  });
});
