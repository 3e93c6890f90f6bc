/** What a row of the recover app must look like before its types are trusted. Unknown fields pass and are kept. */
import { z } from 'zod';
import type { GenerationRow, UpkeepProblem } from '../escrow/generation.ts';
import type { Approval, ApprovalBinding, StepKind } from '../people/person.ts';
import type { Intent, Recovery, StartNote, Step, Trouble } from '../recovery/recovery.ts';
import { counted, ms, oneOf, sha256 } from './schema-parts.ts';

const planned = {
  'unseal-node': true,
  'await-joiner': true,
  'await-leader': true,
  'await-restart': true,
  'await-storage': true,
  verify: true,
} as const;
const plannedStep = oneOf<Step['kind']>(planned);
const step = oneOf<StepKind>({ ...planned, rebind: true });

const binding: z.ZodType<ApprovalBinding> = z.looseObject({
  recovery: z.string(),
  cluster: z.string(),
  steps: z.array(step),
  fleetEntry: z.string(),
  generation: z.looseObject({ generation: counted, revision: counted }).exactOptional(),
  trust: sha256.exactOptional(),
});

export const approvalSchema: z.ZodType<Approval> = z.looseObject({
  binding,
  by: z.string(),
  name: z.string(),
  at: ms,
  expiresAt: ms,
});

export const intentSchema: z.ZodType<Intent> = z.looseObject({
  pass: z.int(),
  node: z.string(),
  generation: counted,
  revision: counted,
  index: counted,
  position: counted,
  at: ms,
  nonce: z.string().exactOptional(),
});

const trouble: z.ZodType<Trouble> = z.looseObject({
  at: ms,
  code: oneOf<Trouble['code']>({
    'unseal-interference': true,
    'foreign-progress': true,
    custodian: true,
    'node-failed': true,
    'wrong-generation': true,
    trust: true,
    envelope: true,
  }),
  where: z.string(),
  message: z.string(),
});

const outcome = oneOf<NonNullable<Recovery['ended']>['outcome']>({
  recovered: true,
  'nothing-to-do': true,
  'dry-run': true,
  refused: true,
  rejected: true,
  failed: true,
  'taken-over': true,
  expired: true,
});

export const recoverySchema: z.ZodType<Recovery> = z.looseObject({
  id: z.string(),
  cluster: z.string(),
  kind: z.enum(['unseal', 'rebind']),
  way: z.enum(['automatic', 'manual', 'break-glass']),
  by: z.string(),
  byName: z.string(),
  reason: z.string(),
  requestedAt: ms,
  dryRun: z.boolean(),
  lost: z.array(z.string()),
  fleetEntry: z.string(),
  status: z.enum(['open', 'ended']),
  lease: z.looseObject({ owner: z.string(), pass: z.int(), until: ms }).exactOptional(),
  passes: z.int().min(0),
  intents: z.array(intentSchema),
  waiting: z
    .looseObject({ what: z.string(), until: ms, steps: z.array(plannedStep).exactOptional() })
    .exactOptional(),
  needs: z
    .looseObject({
      kind: z.literal('approval'),
      why: z.string(),
      approvals: z.looseObject({ needed: counted, missing: counted }),
      binding,
    })
    .exactOptional(),
  troubles: z.array(trouble),
  unsealed: z.array(z.string()),
  ended: z
    .looseObject({
      at: ms,
      outcome,
      summary: z.string(),
      refusal: z.looseObject({ why: z.string(), remedy: z.string() }).exactOptional(),
    })
    .exactOptional(),
});

const problem: z.ZodType<UpkeepProblem> = z.looseObject({
  index: counted.exactOptional(),
  custodian: z.string().exactOptional(),
  code: oneOf<UpkeepProblem['code']>({
    'custodian-away': true,
    'key-disabled': true,
    'key-deleted': true,
    'key-expiring': true,
    denied: true,
    tampered: true,
    'trust-changed': true,
    'single-point': true,
    'old-key-version': true,
    'old-key-gone': true,
  }),
  message: z.string(),
});

export const generationRowSchema: z.ZodType<GenerationRow> = z.looseObject({
  cluster: z.string(),
  generation: counted,
  revision: counted,
  digest: sha256,
  acceptedAt: ms,
  acceptedBy: z.string(),
  provenAt: ms.exactOptional(),
  bad: z.looseObject({ at: ms, node: z.string(), recovery: z.string() }).exactOptional(),
  previous: z
    .looseObject({ generation: counted, revision: counted, digest: sha256, provenAt: ms })
    .exactOptional(),
  oldKeys: z
    .array(
      z.looseObject({
        custodian: z.string(),
        keyId: z.string(),
        gone: z.enum(['disabled', 'deleted']).exactOptional(),
      }),
    )
    .exactOptional(),
  upkeep: z.looseObject({ at: ms, problems: z.array(problem) }).exactOptional(),
});

export const startSchema: z.ZodType<StartNote> = z.looseObject({
  cluster: z.string(),
  node: z.string(),
  start: ms,
  at: ms,
});

/** Row `active`: which recovery of the cluster is open. */
export interface Active {
  cluster: string;
  recovery: string;
}

export const activeSchema: z.ZodType<Active> = z.looseObject({ cluster: z.string(), recovery: z.string() });
