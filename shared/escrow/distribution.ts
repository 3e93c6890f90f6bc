/** Who holds which shares, and what the loss or theft of one custodian means. Pure. */
import type { Envelope } from './generation.ts';

/** A custodian and the indexes of the shares that it holds; a share may have several custodians. */
export interface Holding {
  name: string;
  shares: number[];
}

export interface Distribution {
  /** What makes the plan unusable, in words. Empty: it can be sealed. */
  problems: string[];
  /** Custodians whose loss alone leaves fewer distinct shares than the threshold (`escrow-single-point`). */
  singlePoints: string[];
  /** Custodians who can reach the threshold by themselves. */
  reachAlone: string[];
}

export function distributionOf({
  custodians,
  threshold,
  count,
}: {
  custodians: Holding[];
  threshold: number;
  count: number;
}): Distribution {
  const held = (holdings: Holding[]) =>
    new Set(holdings.flatMap(({ shares }) => shares.filter((index) => isIndex(index, count)))).size;
  const names = [...new Set(custodians.map(({ name }) => name))];
  const others = (name: string) => custodians.filter((one) => one.name !== name);
  const own = (name: string) => custodians.filter((one) => one.name === name);
  return {
    problems: problemsOf(custodians, count),
    singlePoints: names.filter((name) => held(own(name)) > 0 && held(others(name)) < threshold),
    reachAlone: names.filter((name) => held(own(name)) >= threshold),
  };
}

/** As a generation has them. */
export function holdingsOf(envelopes: Pick<Envelope, 'index' | 'custodian'>[]): Holding[] {
  const holdings = new Map<string, number[]>();
  for (const { index, custodian } of envelopes) {
    holdings.set(custodian, [...(holdings.get(custodian) ?? []), index]);
  }
  return [...holdings].map(([name, shares]) => ({ name, shares }));
}

function problemsOf(custodians: Holding[], count: number): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { name, shares } of custodians) {
    if (seen.has(name)) problems.push(`custodian "${name}" is named twice: give each its own name`);
    seen.add(name);
    if (shares.length === 0)
      problems.push(`custodian "${name}" holds no share: give it one, or take it away`);
    for (const index of shares.filter((index, place) => shares.indexOf(index) !== place)) {
      problems.push(`custodian "${name}" names share ${index} twice`);
    }
    for (const index of shares.filter((index) => !isIndex(index, count))) {
      problems.push(`custodian "${name}" names share ${index}, but there are shares 1 to ${count} only`);
    }
  }
  for (let index = 1; index <= count; index += 1) {
    if (!custodians.some(({ shares }) => shares.includes(index))) {
      problems.push(`share ${index} has no custodian: add it to the shares of one`);
    }
  }
  return problems;
}

function isIndex(index: number, count: number): boolean {
  return Number.isInteger(index) && index >= 1 && index <= count;
}
