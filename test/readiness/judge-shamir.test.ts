import { describe, expect, it } from 'vitest';
import type { GenerationRow, UpkeepProblem } from '../../shared/escrow/generation.ts';
import { judgeShamir } from '../../shared/readiness/judge/shamir.ts';
import { aGenerationRow } from '../fakes/state/recover-examples.ts';
import { file, fleetOf } from '../fleet/builders.ts';
import { day, now } from './examples.ts';

const cluster = (...lines: string[]) => {
  const [first] = fleetOf(file(lines)).clusters;
  if (!first) throw new Error('no cluster');
  return first;
};
const byPeople = cluster();
const escrowed = { ...byPeople, escrow: { ...byPeople.escrow, custodians: [{ name: 'a' }] as never } };
const automatic = { ...escrowed, recovery: { ...byPeople.recovery, policy: 'automatic' as const } };

const upkeep = (code: UpkeepProblem['code']) => ({
  at: now - day,
  problems: [{ code, message: `a: ${code}` }],
});
const row = (over: Partial<GenerationRow> = {}) =>
  aGenerationRow({
    acceptedAt: now - 90 * day,
    provenAt: now - 60 * day,
    upkeep: { at: now - day, problems: [] },
    ...over,
  });
const bad = { at: now - day, node: 'vault-0', recovery: 'payments.first' };

describe('a cluster that people unseal', () => {
  it('has nothing that could be exercised, and nobody is told', () => {
    expect(judgeShamir(byPeople, undefined, now)).toMatchObject({
      standing: { state: 'unknown', why: expect.stringContaining('people unseal it') as string },
      problems: [],
      unjudged: {},
    });
  });

  it.each([
    ['warning', escrowed],
    [undefined, automatic],
  ])('without the escrow that it should have is not ready (severity %s)', (severity, of) => {
    const { standing, problems } = judgeShamir(of, undefined, now);
    expect(standing.state).toBe('not-ready');
    expect(problems).toMatchObject([{ code: 'escrow-not-ready', ...(severity && { severity }) }]);
    expect(problems[0]?.severity).toBe(severity);
  });
});

describe('an escrow', () => {
  it.each<[string, Partial<GenerationRow>, string, string[]]>([
    ['that was opened lately and has unsealed a node', {}, 'ready', []],
    ['that a node refused', { bad }, 'not-ready', ['escrow-not-ready']],
    ['that was tampered with', { upkeep: upkeep('tampered') }, 'not-ready', ['escrow-not-ready']],
    [
      'that is bound to another trust',
      { upkeep: upkeep('trust-changed') },
      'not-ready',
      ['escrow-not-ready'],
    ],
    ['with a custodian away', { upkeep: upkeep('custodian-away') }, 'at-risk', []],
    ['with a key that is gone', { upkeep: upkeep('key-deleted') }, 'at-risk', []],
    ['on one custodian', { upkeep: upkeep('single-point') }, 'ready', []],
    ['on old key versions', { upkeep: upkeep('old-key-version') }, 'ready', []],
    ['not opened for days', { upkeep: { at: now - 4 * day, problems: [] } }, 'unknown', []],
  ])('%s', (_what, over, state, told) => {
    const found = judgeShamir(automatic, row(over), now);
    expect(found.standing.state).toBe(state);
    expect(found.problems.map(({ code }) => code)).toEqual(told);
  });

  it('that unsealed nothing yet is unknown: escrow-unproven tells it', () => {
    const { provenAt: _never, ...unproven } = row();
    expect(judgeShamir(automatic, unproven, now)).toMatchObject({
      standing: { state: 'unknown' },
      problems: [],
    });
  });

  it('that nobody opened for days resolves nothing', () => {
    const old = row({ upkeep: { at: now - 4 * day, problems: [] } });
    expect(Object.keys(judgeShamir(automatic, old, now).unjudged)).toEqual(['escrow-not-ready']);
  });
});
