/** One cause, one headline: which findings are told by another one of the same cluster. */
import type { Finding, FindingCode } from '../../finding.ts';
import type { HeadlineCode, Outage } from './outage.ts';
import type { Judgement } from './picture.ts';

/** What an outage of the whole cluster explains; its headline names the nodes. */
const explainedByOutage: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'node-unreachable',
  'node-tls',
  'node-sealed',
  'node-restarting',
  'node-ha-unhealthy',
  'raft-unhealthy',
  'raft-peer-dead',
  'raft-peer-lagging',
  'raft-tolerance-lost',
]);

/**
 * Sets `under` on every finding that another explains: to the cluster's headline where there is one, else to
 * the code that its own judge named, if that is present. Never to a code that is itself under another.
 */
export function cover(judgements: Judgement[], outage: Outage): void {
  const findings: Finding[] = [];
  for (const { differs } of judgements) {
    for (const { verdict } of differs) if (verdict.state === 'present') findings.push(verdict.finding);
  }
  if (findings.length === 0) return;
  const headline = outage.kind === 'headline' ? outage.code : undefined;
  for (const one of findings) {
    const under = rootOf(one, findings, headline);
    if (under) one.under = under;
    else delete one.under;
  }
  tellTolerance(findings);
}

function rootOf(one: Finding, findings: readonly Finding[], headline: HeadlineCode | undefined) {
  if (headline && explainedByOutage.has(one.code)) return headline;
  const seen = new Set<FindingCode>([one.code]);
  let under = one.under;
  while (under && !seen.has(under)) {
    seen.add(under);
    const current: FindingCode = under;
    const above = findings.filter((other) => other.code === current);
    if (above.length === 0) return undefined;
    if (headline && explainedByOutage.has(current)) return headline;
    const next = above.every((other) => other.under) ? above[0]?.under : undefined;
    if (!next) return current;
    under = next;
  }
  return undefined;
}

/** A lost tolerance that goes under a node's finding is still what matters most about it. */
function tellTolerance(findings: readonly Finding[]): void {
  const lost = findings.find((one) => one.code === 'raft-tolerance-lost' && one.under);
  if (!lost) return;
  for (const one of findings) {
    if (one.code === lost.under && one.subject.kind !== 'cluster') one.evidence.push(`${lost.summary}.`);
  }
}
