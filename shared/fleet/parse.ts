import { createHash } from 'node:crypto';
import { buildFleet } from './build.ts';
import { checkAzureSeals } from './checks/azure-seals.ts';
import { checkChannels } from './checks/channels.ts';
import type { Check } from './checks/check.ts';
import { checkEscrow } from './checks/escrow.ts';
import { checkLimits } from './checks/limits.ts';
import { checkNames, checkNotEmpty } from './checks/names.ts';
import { checkNodes } from './checks/nodes.ts';
import { checkRotatedOnce } from './checks/rotated-once.ts';
import { checkRotations } from './checks/rotations.ts';
import { checkSeals } from './checks/seals.ts';
import { checkSinkPlaces } from './checks/sink-places.ts';
import { checkTimes } from './checks/times.ts';
import { checkTls } from './checks/tls.ts';
import type { Draft } from './draft.ts';
import { draftOf } from './draft.ts';
import type { Fleet } from './fleet.ts';
import { valueAt } from './issues.ts';
import { judge } from './judge.ts';
import type { Limits } from './limits.ts';
import type { Places } from './places.ts';
import type { Problem } from './problem.ts';
import { formatPath, sortProblems } from './problem.ts';
import { shown } from './redact.ts';
import { isMap } from './shape.ts';
import { readYaml } from './yaml.ts';

const checks: Check[] = [
  checkNotEmpty,
  checkNames,
  checkNodes,
  checkChannels,
  checkSeals,
  checkAzureSeals,
  checkRotations,
  checkRotatedOnce,
  checkSinkPlaces,
  checkEscrow,
  checkTimes,
  checkTls,
  checkLimits,
];

export type ParsedFleet = { ok: true; fleet: Fleet } | { ok: false; problems: Problem[] };

/**
 * fleet.yaml → Fleet, or every problem at once, sorted by line. Never throws, whatever the text; no problem holds a
 * secret. Only a syntax error hides others: what follows it cannot be read.
 */
export function parseFleet(text: string, limits: Limits): ParsedFleet {
  const yaml = readYaml(text);
  if (!yaml.read) return { ok: false, problems: sortProblems(yaml.problems) };
  const { file, problems } = judge(yaml.value, yaml.places);
  const judged = [...problems, ...runChecks(file ?? draftOf(yaml.value), yaml.value, limits, yaml.places)];
  // What could not be read stands as null in the value: only the reason is worth telling.
  const unread = new Set(yaml.problems.map(({ line, column }) => `${line}:${column}`));
  const all = [...yaml.problems, ...judged.filter(({ line, column }) => !unread.has(`${line}:${column}`))];
  if (file === undefined || all.length > 0) return { ok: false, problems: sortProblems(all) };
  return { ok: true, fleet: buildFleet(file, createHash('sha256').update(text).digest('hex')) };
}

/** A map without entries holds nothing. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && (!isMap(value) || Object.keys(value).length > 0);
}

/** @param value the file as read, misspellings mended. */
function runChecks(draft: Draft, value: unknown, limits: Limits, places: Places): Problem[] {
  const problems: Problem[] = [];
  for (const check of checks)
    check({
      draft,
      limits,
      written: (path) => places.source(path),
      present: (path) => isPresent(valueAt(value, path)),
      report(path, message, suggestion) {
        const here = shown(path, places.source(path), typeof valueAt(value, path) === 'string');
        problems.push({
          ...places.value(path),
          path: formatPath(places.written(path)),
          message,
          ...(here === undefined ? {} : { value: here }),
          ...(suggestion === undefined ? {} : { suggestion }),
        });
      },
      reportKey(path, message) {
        problems.push({ ...places.key(path), path: formatPath(places.written(path)), message });
      },
    });
  return problems;
}
