/** What stands behind a seal: the clusters that unseal its provider, however many. Pure. */
import type { Judged, Standing } from '../readiness.ts';

/** A cluster on the way up from a seal, as an exercise of its own seal found it. */
export interface Above {
  name: string;
  standing: Standing;
}

export interface Upstream {
  /** The nearest first; without the cluster itself. */
  above: Above[];
  /** Names of the clusters that unseal each other, where the way ends in such a cycle. */
  cycle: string[];
  /** A seal of that cycle has a rescue: it can be opened by hand, and then all of it. */
  hasRescue: boolean;
}

/** Shown of many, so that a row stays a row. */
const shownNames = 5;
const shownLines = 10;

/**
 * A provider that serves unseals its consumer whatever becomes of its own seal: so the risk has no time, and no finding
 * of its own. The cluster whose seal is dead pages for it. What only comes to an end, further up, is shown: it is told there.
 */
export function withUpstream(name: string, own: Judged, upstream: Upstream): Judged {
  const { above, cycle, hasRescue } = upstream;
  const deadlock = cycle.length > 0 && !hasRescue ? deadlockOf(name, cycle) : undefined;
  const evidence = [
    ...own.evidence,
    ...above.flatMap(lineOf).slice(0, shownLines),
    ...(cycle.length > 0 && hasRescue
      ? [`${listed(cycle)} unseal each other; fleet.yaml names a rescue.`]
      : []),
    ...(deadlock === undefined ? [] : [`${deadlock}.`]),
  ];
  const [first] = above;
  const dead = above.find(({ standing }) => standing.state === 'not-ready');
  const why = dead && first ? whyAtRisk(dead, first) : deadlock;
  if (own.standing.state !== 'ready' || why === undefined) return { ...own, evidence };
  return { ...own, evidence, standing: { state: 'at-risk', why } };
}

function whyAtRisk(dead: Above, first: Above): string {
  const what = dead === first ? 'which unseals it' : `on which ${first.name} depends, which unseals it`;
  return `${dead.name}, ${what}, would not unseal itself`;
}

function deadlockOf(name: string, cycle: string[]): string {
  const whose = cycle.includes(name) ? '' : ', on which it depends,';
  return `${listed(cycle)}${whose} unseal each other: were all of them down at once, none could start. Only a rescue (seal.rescue) opens that lock`;
}

function lineOf({ name, standing }: Above): string[] {
  switch (standing.state) {
    case 'ready':
    // That of a cluster which people unseal; any other is told there.
    case 'unknown':
      return [];
    case 'not-ready':
      return [`${name} would not unseal itself after a restart: ${standing.why}.`];
    case 'at-risk':
      return [`${name}, on which it depends, is at risk: ${standing.why}.`];
  }
}

function listed(names: string[]): string {
  const rest = names.length - shownNames;
  if (rest > 0) return `${names.slice(0, shownNames).join(', ')} and ${rest} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
