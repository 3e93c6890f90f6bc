import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue, findingKey } from '../../shared/finding.ts';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import { assess } from '../../shared/probe/assess.ts';
import type { ClusterFacts } from '../../shared/probe/head-facts.ts';
import type { ClusterObservation } from '../../shared/probe/observation.ts';
import { readinessCodes } from '../../shared/readiness/readiness.ts';
import { escrowCodes } from '../../shared/work/recover-findings/escrow.ts';
import { recoveryCodes } from '../../shared/work/recover-findings/recoveries.ts';
import { rotationCodes } from '../../shared/work/rotation-findings/judge.ts';
import { before, fleets, observation } from '../scenarios/arbitrary.ts';
import { epoch } from '../scenarios/build.ts';

const ofFleet = ['fleet-config-invalid', 'sweep-gap', 'alert-undeliverable', 'rotation-left-open'];
/** Judged of the probe, not by it. */
const elsewhere: string[] = [
  ...ofFleet,
  ...recoveryCodes,
  ...escrowCodes,
  ...readinessCodes,
  ...rotationCodes,
];
const judged = Object.keys(catalogue).filter((code) => !elsewhere.includes(code));
const raftCodes = judged.filter((code) => code.startsWith('raft-') || code.startsWith('autopilot-'));

/** Whatever servers, networks and memory say. */
const anything = (
  check: (of: Cluster, seen: ClusterObservation, known: ClusterFacts | undefined) => void,
): void =>
  fc.assert(
    fc.property(fleets, observation, before, (of, seen, known) => {
      check(of, seen, known);
    }),
    { numRuns: 400 },
  );

describe('whatever is observed', () => {
  it('every code is judged, each subject once, and nothing throws', () => {
    anything((of, seen, known) => {
      const { assessment } = assess(of, seen, known, epoch);
      expect(Object.keys(assessment.defaults).sort()).toEqual([...judged].sort());
      const keys = assessment.verdicts.map(({ code, subject }) => findingKey(code, subject));
      expect(new Set(keys).size).toBe(keys.length);
    });
  });

  it('a finding is under another one only if that is there, and told on its own', () => {
    anything((of, seen, known) => {
      const found = assess(of, seen, known, epoch).assessment.verdicts.flatMap(({ verdict }) =>
        verdict.state === 'present' ? [verdict.finding] : [],
      );
      const told = new Set(found.filter((one) => one.under === undefined).map((one) => one.code));
      for (const one of found) if (one.under) expect(told).toContain(one.under);
    });
  });

  it('a node that answers as active or standby is neither unreachable nor sealed', () => {
    const faults = new Set([
      'node-unreachable',
      'node-tls',
      'node-sealed',
      'node-removed',
      'node-uninitialised',
    ]);
    anything((of, seen, known) => {
      const { assessment } = assess(of, seen, known, epoch);
      for (const one of seen.nodes) {
        if (
          !one.health.ok ||
          one.health.status > 473 ||
          one.health.body.sealed ||
          !one.health.body.initialized
        )
          continue;
        const wrong = assessment.verdicts.filter(
          ({ code, subject, verdict }) =>
            faults.has(code) && 'name' in subject && subject.name === one.node && verdict.state === 'present',
        );
        expect(wrong).toEqual([]);
      }
    });
  });

  it('raft that was not read is never absent, unless it does not apply', () => {
    anything((of, seen, known) => {
      if (seen.raft.read || seen.raft.why === 'not-raft' || of.expect.storage === 'etcd') return;
      const stored = seen.nodes.map((one) => one.sealStatus?.ok && one.sealStatus.body.storage_type);
      if (stored.some((type) => type && type !== 'raft')) return;
      const { defaults } = assess(of, seen, known, epoch).assessment;
      // Fewer than three voters never had a tolerance to lose.
      const codes = raftCodes.filter((code) => code !== 'raft-tolerance-lost');
      for (const code of codes)
        expect([code, defaults[code as keyof typeof defaults]?.state]).toEqual([code, 'unjudged']);
    });
  });

  it('no outage is told while a node is active, and none is ruled out while a node was not heard', () => {
    const outages = ['cluster-sealed', 'cluster-down', 'no-leader', 'storage-unavailable'] as const;
    anything((of, seen, known) => {
      const { assessment, facts } = assess(of, seen, known, epoch);
      const told = assessment.verdicts.filter(({ code, verdict }) => {
        return verdict.state === 'present' && (outages as readonly string[]).includes(code);
      });
      expect(told.length).toBeLessThan(2);
      const states = seen.nodes.map((one) => facts.nodes[one.node]?.state);
      const heardAll = seen.nodes.every((one) => one.health.ok || one.health.error.code !== 'aborted');
      if (heardAll && states.includes('active')) expect(told).toEqual([]);
      const silent = seen.nodes.every((one) => !one.health.ok && !one.sealStatus);
      if (silent && told.length === 0) {
        for (const code of outages)
          expect([code, assessment.defaults[code]?.state]).toEqual([code, 'unjudged']);
      }
    });
  });

  it('seen again with what was remembered of it, it changes nothing', () => {
    anything((of, seen, known) => {
      const first = assess(of, seen, known, epoch).facts;
      const again = assess(of, seen, first, epoch + 30_000).facts;
      expect(again).toEqual(first);
    });
  });
});
