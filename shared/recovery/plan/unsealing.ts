/** What is done about sealed nodes: who may be unsealed now, and whether people must say so first (rules 6 to 8). */

import { validApprovals } from '../../approvals.ts';
import type { Plan, PlanInput } from '../recovery.ts';
import { approvalsOf, bindingOf } from './approval.ts';
import { names, type Picture, servingWords } from './picture.ts';
import { type Judge, type Refuse, refuse, stuckWords } from './refusals.ts';
import { judgeSealed, type Sealed } from './sealed.ts';

type Ready = Extract<Sealed, { kind: 'ready' }>;

export const unseal: Judge = (input, picture) => {
  const ready = judged(input, picture, 'ready');
  if (ready.length === 0) return undefined;
  const { cluster, approvals, recovery, now } = input;
  const held = onHold(input, ready);
  if (held) return held;
  const binding = bindingOf(input);
  // Without a generation there is nothing to send; `escrowUnusable` has said so.
  if (!binding) return undefined;
  if (recovery.way === 'break-glass') return act(input, picture, ready);
  const missingOf = ({ node, cause }: Ready) => {
    // A proven restart is no new seal: it makes nobody's word old.
    const given = cause.kind === 'restarted' ? approvals : approvalsOf(input, node);
    const asked = { needed: cluster.recovery.approvals, requester: recovery.by };
    return validApprovals(given, binding, asked, now).missing;
  };
  const asked = ready.filter((node) => needsApproval(input, node) && missingOf(node) > 0);
  const free = ready.filter((node) => !asked.includes(node));
  if (free.length > 0) {
    const spent = free.some((node) => missingOf(node) > 0) ? budgetSpent(input, ready) : undefined;
    if (spent) return spent;
    return act(input, picture, free, asked.length > 0 ? `approval is needed for ${names(asked)}` : undefined);
  }
  const left = stuckWords(input, picture).map((words) => `; ${words}`);
  const why = `${servingWords(input, picture)}; ${reasons(input, asked)}${left.join('')}${holdWords(input)}`;
  return { kind: 'needs-approval', why, binding, missing: Math.max(...asked.map(missingOf)) };
};

/** Nodes that are left alone for now: somebody unseals them, they join, or they refused a moment ago. */
export const awaitSealed: Judge = (input, picture) => {
  const waits = judged(input, picture, 'waits');
  if (waits.length === 0) return undefined;
  return {
    kind: 'wait',
    steps: waits.flatMap(({ steps }) => steps),
    what: `${servingWords(input, picture)}; ${waits.map(({ what }) => what).join('; ')}`,
    until: Math.min(...waits.map(({ until }) => until)),
    giveUpAt: Math.max(...waits.map(({ giveUpAt }) => giveUpAt)),
  };
};

/** Asked last: nothing else of the cluster can be helped, or waited for. */
export const stuck: Judge = (input, picture) => {
  const nodes = judged(input, picture, 'stuck');
  const [first] = nodes;
  if (!first) return undefined;
  const why = `${servingWords(input, picture)}; ${nodes.map((node) => node.why).join('; ')}`;
  return refuse(first.code, why, [...new Set(nodes.map(({ remedy }) => remedy))].join(' '));
};

function judged<K extends Sealed['kind']>(
  input: PlanInput,
  { sealed }: Picture,
  kind: K,
): Extract<Sealed, { kind: K }>[] {
  return sealed
    .map((sight) => judgeSealed(input, sight))
    .filter((node): node is Extract<Sealed, { kind: K }> => node.kind === kind);
}

/** A hold blocks all automation and no people. */
function onHold({ recovery, hold, now }: PlanInput, ready: Ready[]): Refuse | undefined {
  if (recovery.way !== 'automatic' || !hold || hold.until <= now) return undefined;
  return refuse(
    'hold',
    `${names(ready)} sealed, and ${hold.by} holds automation until ${new Date(hold.until).toISOString()}: ${hold.reason}`,
    'End the hold, or request a recovery: people are not bound by it.',
  );
}

/** Binds what nobody approved. */
function budgetSpent({ recovery, budget }: PlanInput, ready: Ready[]): Refuse | undefined {
  if (recovery.way !== 'automatic' || budget.failed < budget.allowed) return undefined;
  return refuse(
    'budget',
    `${names(ready)} sealed, and ${budget.failed} of ${budget.allowed} automatic attempts failed of late`,
    'See why they failed, mend it, then request a recovery: people are not bound by the budget.',
  );
}

/** Rule 6, and rule 7: a recovery that a person asks for needs approval whatever the cause is. */
function needsApproval(input: PlanInput, { cause }: Ready): boolean {
  const { recovery, cluster } = input;
  if (recovery.way === 'manual' || notAutomatic(input) || cause.kind === 'in-process') return true;
  return cause.kind === 'unknown' && cluster.unknownSealCause === 'approval';
}

/** It began by itself, and fleet.yaml was set back to manual since. */
function notAutomatic({ recovery, cluster }: PlanInput): boolean {
  return recovery.way === 'automatic' && cluster.recovery.policy !== 'automatic';
}

function act(input: PlanInput, picture: Picture, ready: Ready[], waiting?: string): Plan {
  const why = [servingWords(input, picture), ...causes(ready), ...(waiting === undefined ? [] : [waiting])];
  return { kind: 'act', steps: ready.map(({ step }) => step), why: `${why.join('; ')}${holdWords(input)}` };
}

function reasons(input: PlanInput, asked: Ready[]): string {
  const why = causes(asked).join('; ');
  if (notAutomatic(input)) {
    return `its policy in fleet.yaml is ${input.cluster.recovery.policy} by now: approval is needed to unseal ${names(asked)}; ${why}`;
  }
  return input.recovery.way === 'manual'
    ? `a recovery by hand needs approval to unseal ${names(asked)}; ${why}`
    : why;
}

/** One line for all that restarted: of many, the last one tells when. */
function causes(nodes: Ready[]): string[] {
  const restarted = nodes.filter(({ cause }) => cause.kind === 'restarted');
  if (restarted.length < 2) return nodes.map(({ cause }) => cause.why);
  const last = restarted
    .map(({ cause }) => cause.at ?? '')
    .sort()
    .at(-1);
  const others = nodes.filter((node) => !restarted.includes(node));
  return [`${names(restarted)} restarted, the last one at ${last}`, ...others.map(({ cause }) => cause.why)];
}

function holdWords({ hold, now }: PlanInput): string {
  if (!hold || hold.until <= now) return '';
  return `; a hold by ${hold.by} stands until ${new Date(hold.until).toISOString()}: ${hold.reason}`;
}
