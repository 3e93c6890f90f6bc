/** Fields that change what is found: thresholds, what is expected, how a cluster is sealed. */
import { expect } from 'vitest';
import type { Finding, FindingCode } from '../../../shared/finding.ts';
import { assess } from '../../../shared/probe/assess.ts';
import type { ClusterFacts } from '../../../shared/probe/head-facts.ts';
import { fleetOf } from '../../fleet/builders.ts';
import { observe, type StepWords } from '../../scenarios/build.ts';
import type { Proof } from './proof.ts';

interface Lines {
  top?: string;
  own?: string;
}

/** What the last of these observations is judged to be, of one code. */
function judged({ top = '', own = '' }: Lines, code: FindingCode, steps: StepWords[]): Finding | undefined {
  const nodes = [0, 1, 2].map(
    (n) => `      - {name: vault-${n}, address: "https://vault-${n}.payments.test:8200", nodeId: a${n}}`,
  );
  const login = 'login: {method: jwt, role: probe, audience: "api://vault"}';
  const payments = ['  payments:', '    nodes:', ...nodes, `    ${login}`, `    ${own}`];
  const root = ['  root:', '    nodes: ["https://root.test:8200"]'];
  const fleet = fleetOf(['version: 1', top, 'clusters:', ...payments, ...root, ''].join('\n'));
  const [cluster] = fleet.clusters;
  if (!cluster) throw new Error('no cluster');
  let facts: ClusterFacts | undefined;
  let found: Finding | undefined;
  for (const step of steps) {
    const observation = observe(cluster, step);
    const result = assess(cluster, observation, facts, observation.finishedAt);
    facts = result.facts;
    const verdicts = result.assessment.verdicts.filter((each) => each.code === code);
    found = verdicts.flatMap(({ verdict }) => (verdict.state === 'present' ? [verdict.finding] : []))[0];
  }
  return found;
}

const severity = (...args: Parameters<typeof judged>) => judged(...args)?.severity ?? 'none';
const up = ['active', 'standby', 'standby'];
const day = 86_400;

interface Threshold {
  field: string;
  value: string;
  code: FindingCode;
  steps: StepWords[];
  /** Severity with the default, and with the value. */
  becomes: [string, string];
}

const restarts = [-5000, 20, 49, 79].map((start, n): StepWords => {
  return { at: n * 30, nodes: ['active', 'standby', { is: 'standby', connection: n + 1, start }] };
});
const stalled = [0, 120].map((at): StepWords => {
  return { at, nodes: ['active', 'standby', { is: 'sealed', seal: { progress: 1, nonce: 'n1' } }] };
});
const certificate = (days: number): StepWords[] => [
  { at: 0, nodes: ['active', 'standby', { is: 'standby', certificate: days * day }] },
];
const peer = (words: object): StepWords[] => [{ at: 0, nodes: up, raft: { servers: { a2: words } } }];

const thresholds: Threshold[] = [
  {
    field: 'certificateWarning',
    value: '10d',
    code: 'certificate-expiring',
    steps: certificate(20),
    becomes: ['warning', 'none'],
  },
  {
    field: 'certificateCritical',
    value: '6d',
    code: 'certificate-expiring',
    steps: certificate(5),
    becomes: ['warning', 'critical'],
  },
  {
    field: 'peerDead',
    value: '1m',
    code: 'raft-peer-dead',
    steps: peer({ contact: '20s' }),
    becomes: ['warning', 'none'],
  },
  {
    field: 'peerLagEntries',
    value: '10000',
    code: 'raft-peer-lagging',
    steps: peer({ index: 3000 }),
    becomes: ['warning', 'none'],
  },
  {
    field: 'cleanupMinimum',
    value: '10m',
    code: 'autopilot-cleanup-too-eager',
    steps: [{ at: 0, nodes: up, raft: { cleanupAfter: '30m0s' } }],
    becomes: ['warning', 'none'],
  },
  {
    field: 'restartLoopCount',
    value: '5',
    code: 'node-restarting',
    steps: restarts,
    becomes: ['warning', 'info'],
  },
  {
    field: 'restartWindow',
    value: '1m',
    code: 'node-restarting',
    steps: restarts,
    becomes: ['warning', 'info'],
  },
  {
    field: 'unsealStalled',
    value: '1m',
    code: 'unseal-in-progress',
    steps: stalled,
    becomes: ['info', 'warning'],
  },
];

function thresholdProofs(): [string, Proof][] {
  return thresholds.flatMap(({ field, value, code, steps, becomes }): [string, Proof][] => {
    const line = `thresholds: {${field}: ${value}}`;
    const proves = (lines: Lines) => () => {
      expect([severity({}, code, steps), severity(lines, code, steps)]).toEqual(becomes);
    };
    return [
      [`thresholds.${field}`, proves({ top: line })],
      [`clusters.*.thresholds.${field}`, proves({ own: line })],
    ];
  });
}

const sealedThird: StepWords[] = [
  { at: 0, nodes: up },
  { at: 30, nodes: ['active', 'standby', 'sealed'] },
];
const evidence = (own: string) => judged({ own }, 'node-sealed', sealedThird)?.evidence.join('\n');
const transit = 'seal: {type: transit, provider: root, mount: seals, key: payments-unseal}';
const withBackend = (backend: boolean): StepWords[] => [
  { at: 0, nodes: [{ is: 'active', backend }, 'standby', 'standby'] },
];
const backendAdvice = (own: string) => judged({ own }, 'seal-backend-unhealthy', withBackend(false))?.advice;

export const judgedFields: Record<string, Proof> = {
  ...Object.fromEntries(thresholdProofs()),
  'clusters.*.expect.voters': () => {
    const steps: StepWords[] = [{ at: 0, nodes: up }];
    expect(severity({}, 'raft-tolerance-lost', steps)).toBe('none');
    expect(severity({ own: 'expect: {voters: 5}' }, 'raft-tolerance-lost', steps)).toBe('info');
  },
  'clusters.*.expect.version': () => {
    const steps: StepWords[] = [{ at: 0, nodes: up }];
    expect(severity({ own: 'expect: {version: "1.21"}' }, 'version-skew', steps)).toBe('none');
    expect(severity({ own: 'expect: {version: "1.20"}' }, 'version-skew', steps)).toBe('info');
  },
  'clusters.*.seal.provider': () => expect(backendAdvice(transit)).toContain('cluster root is unsealed'),
  'clusters.*.seal.mount': () => expect(backendAdvice(transit)).toContain('key seals/'),
  'clusters.*.seal.key': () => {
    expect(backendAdvice(transit)).toContain('/payments-unseal is there');
    expect(backendAdvice('seal: {type: azurekeyvault, key: own-key}')).toContain('key own-key');
  },
  'clusters.*.seal.vault': () => {
    expect(backendAdvice('seal: {type: azurekeyvault, vault: kv-payments}')).toContain('in kv-payments');
  },
  'clusters.*.unknownSealCause': () => {
    expect(evidence('')).toContain('unknownSealCause: approval');
    expect(evidence('unknownSealCause: automatic')).toContain('unknownSealCause: automatic');
  },
  'clusters.*.recovery.policy': () => {
    expect(evidence('')).toContain('Recovery policy: manual.');
    const escrow = 'escrow: {custodians: {a: {passphrase: "env:SEALWATCH_SECRET_A", shares: [1]}}}';
    expect(evidence(`recovery: {policy: automatic}\n    ${escrow}`)).toContain('Recovery policy: automatic.');
  },
};
