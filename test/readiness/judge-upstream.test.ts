import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Above, type Upstream, withUpstream } from '../../shared/readiness/judge/upstream.ts';
import type { Judged, Standing } from '../../shared/readiness/readiness.ts';
import { day, now } from './examples.ts';

const own = (standing: Standing = { state: 'ready' }): Judged => ({
  standing,
  evidence: ['what was tried'],
  problems: [],
  unjudged: {},
});
const dead: Standing = { state: 'not-ready', why: 'its shares are bad' };
const above = (...standings: [string, Standing][]): Above[] =>
  standings.map(([name, standing]) => ({ name, standing }));
const behind = (over: Partial<Upstream>, standing?: Standing) =>
  withUpstream('payments', own(standing), { above: [], cycle: [], hasRescue: false, ...over });

describe('a seal whose provider', () => {
  it('would not come back itself is at risk, without a second headline for that', () => {
    expect(behind({ above: above(['hub', dead]) })).toEqual({
      standing: { state: 'at-risk', why: 'hub, which unseals it, would not unseal itself' },
      evidence: ['what was tried', 'hub would not unseal itself after a restart: its shares are bad.'],
      problems: [],
      unjudged: {},
    });
  });

  it('depends on one that would not come back is at risk of that, however far up it is', () => {
    const chain = above(['hub', { state: 'ready' }], ['middle', { state: 'ready' }], ['root', dead]);
    const { standing, evidence } = behind({ above: chain });
    expect(standing).toEqual({
      state: 'at-risk',
      why: 'root, on which hub depends, which unseals it, would not unseal itself',
    });
    expect(evidence.at(-1)).toBe('root would not unseal itself after a restart: its shares are bad.');
  });

  it.each<Standing>([
    { state: 'ready' },
    { state: 'unknown', why: 'people unseal it' },
    { state: 'at-risk', why: 'its token ends', at: now + day },
  ])('is anything else is ready: what ends there is told there, and shown here: %j', (standing) => {
    const judged = behind({ above: above(['hub', standing]) });
    expect(judged.standing).toEqual({ state: 'ready' });
    expect(judged.evidence.slice(1)).toEqual(
      standing.state === 'at-risk' ? ['hub, on which it depends, is at risk: its token ends.'] : [],
    );
  });
});

describe('seals that lead back to each other', () => {
  const chain = above(['hub', { state: 'ready' }], ['root', { state: 'ready' }]);

  it('are a dead lock, without a time', () => {
    expect(behind({ above: chain, cycle: ['payments', 'hub', 'root'] }).standing).toEqual({
      state: 'at-risk',
      why: 'payments, hub and root unseal each other: were all of them down at once, none could start. Only a rescue (seal.rescue) opens that lock',
    });
  });

  it('are one for whoever hangs on them, too', () => {
    const { standing } = behind({ above: chain, cycle: ['hub', 'root'] });
    expect(standing).toMatchObject({
      state: 'at-risk',
      why: expect.stringMatching(/^hub and root, on which it depends, unseal each other/) as string,
    });
    expect(standing).not.toHaveProperty('at');
  });

  it('are none where a rescue is declared, and that is shown', () => {
    const judged = behind({ above: chain, cycle: ['payments', 'hub', 'root'], hasRescue: true });
    expect(judged.standing).toEqual({ state: 'ready' });
    expect(judged.evidence.at(-1)).toContain('fleet.yaml names a rescue');
  });

  it('are told beside a provider that is dead already, which comes first', () => {
    const judged = behind({ above: above(['hub', dead]), cycle: ['payments', 'hub'] });
    expect(judged.standing).toMatchObject({ why: 'hub, which unseals it, would not unseal itself' });
    expect(judged.evidence.at(-1)).toContain('payments and hub unseal each other');
  });
});

const anyStanding: fc.Arbitrary<Standing> = fc.constantFrom<Standing[]>(
  { state: 'ready' },
  { state: 'at-risk', why: 'soon', at: now },
  { state: 'not-ready', why: 'dead' },
  { state: 'unknown', why: 'who knows' },
);

it('whatever stands behind it: a seal that is not ready by itself stays what it is, and a chain makes none better', () => {
  const anyAbove = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), standing: anyStanding }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(anyStanding, anyAbove, fc.boolean(), (standing, ups, hasRescue) => {
      const judged = behind({ above: ups, hasRescue }, standing);
      const isDead = ups.some((one) => one.standing.state === 'not-ready');
      if (standing.state === 'ready') expect(judged.standing.state).toBe(isDead ? 'at-risk' : 'ready');
      else expect(judged.standing).toEqual(standing);
      expect(judged.evidence.length).toBeLessThan(20);
    }),
  );
});
