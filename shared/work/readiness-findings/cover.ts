/** One cause, one headline: what a dead seal or an escrow of no use explains of the rest. Pure. */
import type { Assessment, Finding, FindingCode } from '../../finding.ts';
import type { NodeObservation } from '../../probe/observation.ts';

/** A Vault that cannot use its seal exits (VAULT-FACTS): its port refuses, and its process manager tries again. */
const ofRefusingNode: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'node-unreachable',
  'node-restarting',
]);

/** What is explained only where nothing but refused connections keeps nodes from serving; and how it is said then. */
const outages: Partial<Record<FindingCode, string>> = {
  'cluster-down': 'the cluster is down: ',
  'no-leader': 'the cluster has no leader: ',
};

/** The same said by others: Vault's own view of its seal, and what is behind the seal. */
const sameSeal: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'seal-backend-unhealthy',
  'seal-provider-down',
]);

/** What makes an escrow of no use is told in its own words. */
const sameEscrow = ['escrow-bad', 'escrow-missing', 'escrow-trust-changed'] as const satisfies FindingCode[];

type Verdicts = Assessment['verdicts'];

/** @returns the verdicts, with `under` set where one of readiness explains them; the ones given stay as they are. */
export function coverByReadiness(verdicts: Verdicts, nodes: NodeObservation[]): Verdicts {
  const findings = verdicts.flatMap(({ verdict }) => (verdict.state === 'present' ? [verdict.finding] : []));
  const dead = findings.find(({ code }) => code === 'seal-not-ready');
  const useless = findings.find(({ code }) => code === 'escrow-not-ready');
  const moved = new Map<Finding, Finding>();
  if (useless) {
    const cause = sameEscrow.find((code) => findings.some((one) => one.code === code));
    if (cause) moved.set(useless, { ...useless, under: cause });
  }
  if (dead) {
    const refusing = nodes.filter(isRefusing).map(({ node }) => node);
    const explained = explainedBy(findings, refusing, nodes);
    for (const one of explained) moved.set(one, { ...one, under: dead.code });
    const [outage] = [...explained].flatMap(({ code }) => outages[code] ?? []);
    if (refusing.length > 0) moved.set(dead, cannotStart(dead, refusing, outage));
  }
  if (moved.size === 0) return verdicts;
  return verdicts.map((each) => {
    const finding = each.verdict.state === 'present' && moved.get(each.verdict.finding);
    return finding ? { ...each, verdict: { state: 'present' as const, finding } } : each;
  });
}

function isRefusing({ health }: NodeObservation): boolean {
  return !health.ok && health.error.code === 'refused';
}

/** Answers as a node that is unsealed, whether or not it has a leader. */
function isUp({ health }: NodeObservation): boolean {
  return health.ok && health.status < 500;
}

function explainedBy(findings: Finding[], refusing: string[], nodes: NodeObservation[]): Set<Finding> {
  const isWhole = refusing.length > 0 && nodes.every((node) => isRefusing(node) || isUp(node));
  const explained = new Set(
    findings.filter(({ code, subject, under }) => {
      if (sameSeal.has(code) || (isWhole && code in outages)) return true;
      const isOfRefusing = subject.kind === 'node' && refusing.includes(subject.name);
      return isOfRefusing && ofRefusingNode.has(code) && under === undefined;
    }),
  );
  // Whatever is under what is explained goes with it, unless some of its headline stays.
  let before = 0;
  while (before !== explained.size) {
    before = explained.size;
    for (const one of findings) {
      const heads = findings.filter(({ code }) => code === one.under);
      if (heads.length > 0 && heads.every((head) => explained.has(head))) explained.add(one);
    }
  }
  return explained;
}

/** The line has to end with the reason; the headline names them all. */
const shownNames = 5;

function cannotStart(dead: Finding, refusing: string[], outage = ''): Finding {
  const rest = refusing.length - shownNames;
  const names = `${refusing.slice(0, shownNames).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return {
    ...dead,
    summary: `${outage}${names} cannot start: ${dead.summary}`,
    evidence: [`Connections refused by ${names}.`, ...dead.evidence],
    meaning:
      'A Vault whose seal does not work exits at once: these nodes stay down, and so does what restarts next.',
    advice:
      'Restart no other node. Mend the seal credential, key or provider first; then start the nodes that are down.',
  };
}
