/** Rule 1 at the command line: whatever goes wrong, no share, token or passphrase is in what leaves the process. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disguises, leaks } from '../../fakes/hostile/disguises.ts';
import { EscrowUnderTest, passphrase, type Ran, withPassphrase } from './escrow-under-test.ts';

let world: EscrowUnderTest;
const ran: Ran[] = [];
beforeEach(async () => {
  world = await EscrowUnderTest.open();
  ran.length = 0;
});
afterEach(() => world.close());

/** Of each share: as people write it, and its bytes. */
function secrets(): string[] {
  const { shares, rootToken } = world.simulation.keys;
  const spelled = shares.flatMap((share) => {
    const bytes = Buffer.from(share, 'base64');
    return [share, bytes.toString('hex'), bytes.toString('latin1'), bytes.toString('base64url')];
  });
  return [...spelled, rootToken, passphrase, world.token];
}

const all = () => ({
  ran,
  blobs: [...world.state.blobs].map(([name, bytes]) => [name, bytes.toString('latin1')]),
  audited: world.state.audited,
  nudged: world.state.nudged,
  asked: world.asked,
  answered: world.answered,
  logged: world.logged,
});

function expectNothingLeaked(): void {
  for (const [place, value] of Object.entries(all())) expect(leaks(value, secrets()), place).toEqual([]);
}

it('the scan finds each secret in each disguise', () => {
  for (const secret of secrets()) {
    for (const disguise of disguises(secret)) {
      const line = { out: `a line with ${disguise} in it` };
      const found = leaks(line, [secret]);
      // Bytes that are no text are escaped by JSON and by the console alike: their other spellings are looked for.
      if (/^[\x20-\x7e]*$/.test(disguise)) expect(found, disguise).not.toEqual([]);
    }
  }
});

describe('nothing leaks', () => {
  it('where everything works', async () => {
    world.writeFleet({ shares: withPassphrase });
    ran.push(await world.import(['--file', world.file()], { answer: 'payments' }));
    for (const words of ['list', 'verify --cluster payments', 'rewrap --cluster payments']) {
      ran.push(await world.run(['escrow', ...words.split(' ')]));
    }
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expectNothingLeaked();
  });

  it('from files that are cut, doubled, of another cluster, or no JSON', async () => {
    const { shares } = world.simulation.keys;
    const [first = '', second = '', third = ''] = shares;
    const files = [
      world.initOutput({ unseal_keys_b64: [first, first, third], unseal_keys_hex: [] }),
      world.initOutput({ unseal_keys_b64: [first.slice(0, 20), second, third], unseal_keys_hex: [] }),
      world.initOutput({ unseal_keys_b64: [`${first}!`, second, third], unseal_keys_hex: [] }),
      world.initOutput({ unseal_shares: 5 }),
      { keys: first },
      shares,
    ];
    for (const content of files) ran.push(await world.import(['--file', world.file(content), '--yes']));
    ran.push(await world.import(['--yes'], { input: Buffer.from(shares.join('\n')) }));
    const hidden = [first, first, 'x'].map((line) => Buffer.from(line));
    ran.push(await world.import([], { answer: 'payments', hidden }));
    expect(new Set(ran.map(({ code }) => code))).toEqual(new Set([1]));
    expect(world.state.blobs.size).toBe(0);
    expectNothingLeaked();
  });

  it('from shares given where an argument or option should be', async () => {
    const [share = ''] = world.simulation.keys.shares;
    for (const args of [[share], ['--file', world.file(), share], [`--${share}`], [`--share=${share}`]]) {
      ran.push(await world.import(args));
    }
    ran.push(await world.run([share]), await world.run(['escrow', share]));
    expect(new Set(ran.map(({ code }) => code))).toEqual(new Set([2]));
    expectNothingLeaked();
  });

  it('when custodians, recover or storage fail', async () => {
    const file = world.file();
    world.keyVaults.vault('kv-a').fail('wrapKey', { status: 403 });
    ran.push(await world.import(['--file', file, '--yes']));
    world.keyVaults.vault('kv-a').heal();
    for (const broken of [
      'reset',
      { status: 500, body: 'oops' },
      { status: 307, body: '' },
      { status: 401, body: JSON.stringify({ error: 'x', message: 'a new token is needed' }) },
    ] as const) {
      world.broken = broken;
      ran.push(await world.import(['--file', file, '--yes']));
    }
    world.broken = undefined;
    world.state.escrow.create = () => Promise.reject(new Error('storage quotes what it was sent'));
    ran.push(await world.import(['--file', file, '--yes']));
    expect(new Set(ran.map(({ code }) => code))).toEqual(new Set([1]));
    expect(ran.at(-1)?.err).toContain('It failed unexpectedly (Error)');
    expectNothingLeaked();
  });
});
