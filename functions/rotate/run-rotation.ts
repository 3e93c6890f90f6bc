import { app } from '@azure/functions';
import { z } from 'zod';
import { kindNames } from '../../shared/rotation/rotation.ts';
import { runRotation } from '../../shared/work/rotate/respond-rotation.ts';
import { ClusterName } from '../request-limits.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

const Body = z.strictObject({ cluster: ClusterName, kind: z.enum(kindNames), reason: z.string() });

/** A person has a credential rotated now, whether it is due or not: the answer is where its first turn got. */
app.http('run-rotation', {
  methods: ['POST'],
  route: 'rotations',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Operate', Body, ({ deps, person, body }) =>
    runRotation(deps, body.cluster, body.kind, person, body.reason),
  ),
});
