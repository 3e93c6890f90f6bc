/** The kinds of row that the rotate app keeps: where each belongs and what it must be (./kind.ts). */
import { createHash } from 'node:crypto';
import type { Readiness } from '../readiness/readiness.ts';
import type { KindName, Rotation, RotationApproval } from '../rotation/rotation.ts';
import type { Kind } from './kind.ts';
import { readinessSchema } from './readiness-schema.ts';
import {
  type ActiveRotation,
  activeRotationSchema,
  type Lock,
  lockSchema,
  rotationApprovalSchema,
  rotationSchema,
} from './rotate-schema.ts';

export const readinessKey = 'latest';

export const readinessKind: Kind<Readiness> = {
  table: 'readiness',
  schema: readinessSchema,
  keys: ({ cluster }) => ({ partitionKey: cluster, rowKey: readinessKey }),
  columns: ({ standing: { state }, at }) => ({ standing: state, at: new Date(at) }),
};

const table = 'rotations';
export const rotationPrefix = 'r-';
export const activePrefix = 'active-';
/** The name of no cluster begins with an underscore. */
export const lockPartition = '_lock';

export const rotationKind: Kind<Rotation> = {
  table,
  schema: rotationSchema,
  keys: ({ cluster, id }) => ({ partitionKey: cluster, rowKey: `${rotationPrefix}${id}` }),
  columns: ({ kind, status, stage, requestedAt, ended }) => ({
    kind,
    status,
    stage,
    requestedAt: new Date(requestedAt),
    ...(ended && { endedAt: new Date(ended.at), outcome: ended.outcome }),
  }),
};

export const activeRotationKind: Kind<ActiveRotation> = {
  table,
  schema: activeRotationSchema,
  keys: ({ cluster, kind }) => activeKeys(cluster, kind),
  columns: ({ rotation }) => ({ rotation }),
};

export function activeKeys(cluster: string, kind: KindName) {
  return { partitionKey: cluster, rowKey: `${activePrefix}${kind}` };
}

/** A person's word on one binding: what a key may not hold is hashed. All keys of a rotation begin with `approvalsOf`. */
export const rotationApprovalKind: Kind<RotationApproval> = {
  table,
  schema: rotationApprovalSchema,
  keys: ({ binding: { cluster, rotation, step, what }, by }) => ({
    partitionKey: cluster,
    rowKey: `${approvalsOf(rotation)}${sha256(JSON.stringify([by, step, what]))}`,
  }),
  columns: ({ binding: { rotation, step }, at }) => ({ rotation, step, at: new Date(at) }),
};

/** What the keys of its approvals begin with. */
export function approvalsOf(rotation: string): `a-${string}-` {
  return `a-${rotation}-`;
}

/** Whether a row is an approval of this rotation, as its key alone says. */
export function isApprovalOf(rotation: string, rowKey: string): boolean {
  const prefix = approvalsOf(rotation);
  return rowKey.startsWith(prefix) && /^[0-9a-f]{64}$/.test(rowKey.slice(prefix.length));
}

export const lockKind: Kind<Lock> = {
  table,
  schema: lockSchema,
  keys: ({ name }) => ({ partitionKey: lockPartition, rowKey: sha256(name) }),
  columns: ({ name, rotation, at }) => ({
    name: name.slice(0, 200),
    rotation: rotation.id,
    at: new Date(at),
  }),
};

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
