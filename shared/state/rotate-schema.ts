/** What a row of table `rotations` must look like before its types are trusted. Unknown fields pass and are kept. */
import { z } from 'zod';
import type {
  Credential,
  KindName,
  Rotation,
  RotationApproval,
  RotationBinding,
  RotationFailure,
  RotationStep,
  SinkRecord,
  Stage,
} from '../rotation/rotation.ts';
import { line, lines, ms, oneOf } from './schema-parts.ts';

/** Names, ids and references: part of keys, or as long as a URL. */
const name = z.string().max(500);
const names = z.array(name).max(1000);

const kind = oneOf<KindName>({
  'transit-token': true,
  'transit-key': true,
  'entra-secret': true,
  'keyvault-key': true,
});
const stage = oneOf<Stage>({ due: true, created: true, delivered: true, verified: true, retired: true });
const direction = oneOf<Rotation['direction']>({ forward: true, back: true });
const step = oneOf<RotationStep>({ 'step-down': true, 'raise-minimum': true });
const outcome = oneOf<NonNullable<Rotation['ended']>['outcome']>({
  retired: true,
  'rolled-back': true,
  refused: true,
  failed: true,
});

const failure = oneOf<RotationFailure>({
  denied: true,
  dead: true,
  'not-yet': true,
  throttled: true,
  unreachable: true,
  sealed: true,
  'outside-limits': true,
  'not-configured': true,
  wrong: true,
  odd: true,
});

/** At most so many sinks of a cluster. */
const sinksOfOne = 100;

const bindingSchema: z.ZodType<RotationBinding> = z.looseObject({
  rotation: name,
  cluster: name,
  step,
  what: line,
  fleetEntry: name,
});

export const rotationApprovalSchema: z.ZodType<RotationApproval> = z.looseObject({
  binding: bindingSchema,
  by: name,
  name,
  at: ms,
  expiresAt: ms,
});

const credential = {
  ref: line,
  madeAt: ms.exactOptional(),
  endsAt: ms.exactOptional(),
  renewedAt: ms.exactOptional(),
  fingerprint: name.exactOptional(),
} satisfies Record<keyof Credential, z.ZodType>;

const sink: z.ZodType<SinkRecord> = z.looseObject({
  firstAt: ms.exactOptional(),
  startedAt: ms.exactOptional(),
  deliveredAt: ms.exactOptional(),
  changedAt: ms.exactOptional(),
  settlesAt: ms.exactOptional(),
  restoredAt: ms.exactOptional(),
  where: line.exactOptional(),
});

const rotation = {
  id: name,
  cluster: name,
  kind,
  credential: line,
  by: name,
  byName: name,
  reason: line,
  requestedAt: ms,
  fleetEntry: name,
  repairs: z.boolean(),
  status: z.enum(['open', 'ended']),
  stage,
  direction,
  reached: z.partialRecord(stage, ms),
  lease: z.looseObject({ owner: name, until: ms }).exactOptional(),
  creating: z.looseObject({ at: ms, before: line.exactOptional() }).exactOptional(),
  fresh: z.looseObject(credential).exactOptional(),
  old: z.looseObject({ ...credential, ours: z.boolean() }).exactOptional(),
  replaces: name.exactOptional(),
  triedAt: ms.exactOptional(),
  sinks: z
    .record(name, sink)
    .refine((sinks) => Object.keys(sinks).length <= sinksOfOne, `more than ${sinksOfOne} sinks`),
  restoredAt: ms.exactOptional(),
  shut: z.record(name, z.looseObject({ since: ms, openedAt: ms.exactOptional() })).exactOptional(),
  consumers: names,
  inUseAt: ms.exactOptional(),
  usedAt: ms.exactOptional(),
  confirmed: z
    .looseObject({ by: name, byName: name, at: ms, why: line, direction, nodes: names.exactOptional() })
    .exactOptional(),
  ending: z.looseObject({ ref: line, at: ms }).exactOptional(),
  unanswered: ms.exactOptional(),
  unrenewed: z.looseObject({ current: ms.exactOptional(), fresh: ms.exactOptional() }).exactOptional(),
  discards: z.int().min(0).exactOptional(),
  waiting: z.looseObject({ what: line, since: ms, until: ms, overdueAt: ms }).exactOptional(),
  needs: z
    .looseObject({
      why: line,
      binding: bindingSchema,
      missing: z.int().min(0),
      needed: z.int().min(1).exactOptional(),
    })
    .exactOptional(),
  steppedDown: z.record(name, ms).exactOptional(),
  raising: z.looseObject({ to: z.int().min(0), at: ms }).exactOptional(),
  failing: z
    .looseObject({ what: line, code: failure, message: line, since: ms, times: z.int().min(1) })
    .exactOptional(),
  ended: z.looseObject({ at: ms, outcome, summary: line, left: lines }).exactOptional(),
} satisfies Record<keyof Rotation, z.ZodType>;

export const rotationSchema: z.ZodType<Rotation> = z.looseObject(rotation);

/** Row `active-KIND`: which rotation of this credential of the cluster is open. */
export interface ActiveRotation {
  cluster: string;
  kind: KindName;
  rotation: string;
}

export const activeRotationSchema: z.ZodType<ActiveRotation> = z.looseObject({
  cluster: name,
  kind,
  rotation: name,
});

/** Who holds a lock. */
export interface Lock {
  name: string;
  /** As it was about to be opened: whoever finds that it never was writes that down. */
  rotation: Rotation;
  /** When it was taken, ms. */
  at: number;
}

export const lockSchema: z.ZodType<Lock> = z.looseObject({ name: line, rotation: rotationSchema, at: ms });
