/** Whatever servers say and whatever the rotate app wrote: one cause, one headline; and nothing of it is left unsaid. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../shared/finding.ts';
import { assess } from '../../shared/probe/assess.ts';
import type { ClusterObservation, NodeObservation } from '../../shared/probe/observation.ts';
import type { Readiness, ReadinessProblem } from '../../shared/readiness/readiness.ts';
import { readinessCodes } from '../../shared/readiness/readiness.ts';
import type { VaultError } from '../../shared/vault/answer.ts';
import { withReadiness } from '../../shared/work/readiness-findings.ts';
import { type Read, withRecover } from '../../shared/work/recover-findings.ts';
import { before, fleets, observation } from '../scenarios/arbitrary.ts';
import { epoch } from '../scenarios/build.ts';
import { readinessRow } from '../scenarios/readiness-rows.ts';
import { generationRow } from '../scenarios/recover-rows.ts';

const seals = fc.constantFrom<Readiness['seal']>(
  'transit',
  'transit',
  'transit',
  'shamir',
  'azurekeyvault',
  'other',
);

const row: fc.Arbitrary<Readiness> = fc
  .record({
    seal: seals,
    codes: fc.subarray([...readinessCodes]),
    unjudged: fc.subarray([...readinessCodes]),
    at: fc.constantFrom(-7200, -600, 0),
    validUntil: fc.constantFrom(-1, 0, 3600, 3600, 3600, 3600),
  })
  .map(({ seal, codes, unjudged, at, validUntil }) => {
    const problems = codes.map((code): ReadinessProblem => ({ code, summary: code, evidence: [code] }));
    const open = Object.fromEntries(unjudged.map((code) => [code, 'not looked at']));
    return readinessRow({ seal, at, validUntil, problems, unjudged: open });
  });

const readiness: fc.Arbitrary<Read<Readiness | undefined>> = fc.oneof(
  { weight: 8, arbitrary: row.map((value) => ({ read: true as const, value })) },
  { weight: 1, arbitrary: fc.constant({ read: true as const, value: undefined }) },
  { weight: 1, arbitrary: fc.constant({ read: false as const, why: 'no answer' }) },
);

const generation = fc.option(fc.constantFrom(-3600, -60), { nil: undefined }).map((upkeepAt) => ({
  read: true as const,
  value:
    upkeepAt === undefined
      ? undefined
      : generationRow({ upkeepAt, bad: { at: -1200, node: 'a', recovery: 'r' } }),
}));

/** As nodes whose seal is dead: some refuse connections. */
const withRefusing = fc
  .tuple(observation, fc.subarray([0, 1, 2]))
  .map(([seen, refusing]): ClusterObservation => {
    const nodes = seen.nodes.map((node, index): NodeObservation => {
      const { node: name, at, earlier } = node;
      return refusing.includes(index) ? { node: name, at, earlier, health: failed } : node;
    });
    return { ...seen, nodes };
  });
const refused: VaultError = { code: 'refused', message: 'connection refused', recoverable: true };
const failed = { ok: false, error: refused, ms: 1 } as const;

describe('readiness beside whatever is observed', () => {
  it('puts nothing under what is not there, or is not told itself; judges each of its codes; changes nothing given', () => {
    fc.assert(
      fc.property(
        fleets,
        withRefusing,
        before,
        readiness,
        generation,
        seals,
        (of, seen, known, newest, accepted, type) => {
          const cluster = { ...of, seal: { ...of.seal, type } as typeof of.seal };
          const rows = {
            readiness: newest,
            generation: accepted,
            recoveries: { read: true as const, value: [] },
          };
          const probed = withRecover(cluster, rows, assess(cluster, seen, known, epoch).assessment, epoch);
          const given = structuredClone(probed.verdicts);
          const assessment = withReadiness(cluster, rows, probed, seen, epoch);
          expect(probed.verdicts).toEqual(given);
          expect(assessment.verdicts).toHaveLength(given.length + ofReadiness(assessment.verdicts).length);
          const found = assessment.verdicts.flatMap(({ verdict }) =>
            verdict.state === 'present' ? [verdict.finding] : [],
          );
          const told = new Set(found.filter((one) => one.under === undefined).map((one) => one.code));
          for (const { under } of found) if (under) expect(told).toContain(under);
          for (const code of readinessCodes) {
            const verdict = verdictOf(assessment, code, { kind: 'cluster' });
            expect(verdict).not.toEqual({ state: 'unjudged', why: 'not assessed' });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

function ofReadiness(verdicts: ReturnType<typeof withReadiness>['verdicts']) {
  return verdicts.filter(({ code }) => (readinessCodes as readonly string[]).includes(code));
}
