/** Who did what, when and why: contents of audit blobs. They are kept for years, so nothing secret enters. */
import type { AuditEntry } from './person.ts';
import { withoutKeys } from './reason.ts';

/** Longest text of a fact and of the reason, characters. */
const longestFact = 256;
const longestWhy = 500;
/** Facts that are hashes or addresses of keys: public, though they look like keys. */
const publicFacts: Record<string, RegExp> = {
  digest: /^[0-9a-f]{64}$/,
  fleetEntry: /^[0-9a-f]{64}$/,
  trust: /^[0-9a-f]{64}$/,
  keyId: /^(https:\/\/[\w.:-]+\/keys\/[\w-]+(\/[0-9a-f]+)?|local:[\w.-]+)$/,
};

/** The entry as it may be kept: one line each, cut to length, without words that look like keys. */
export function auditEntry(entry: AuditEntry): AuditEntry {
  const facts = Object.entries(entry.facts).map(([name, value]) => [name, fact(name, value)] as const);
  return {
    ...entry,
    who: line(entry.who, longestFact),
    ...(entry.name !== undefined && { name: line(withoutKeys(entry.name), longestFact) }),
    why: line(withoutKeys(entry.why), longestWhy),
    facts: Object.fromEntries(facts),
  };
}

function fact(name: string, value: string | number | boolean): string | number | boolean {
  if (typeof value !== 'string') return value;
  return line(publicFacts[name]?.test(value) ? value : withoutKeys(value), longestFact);
}

function line(text: string, longest: number): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return plain.length > longest ? `${plain.slice(0, longest - 1)}…` : plain;
}
