import { app } from '@azure/functions';
import { z } from 'zod';
import { rollBackRotation } from '../../shared/work/rotate/respond-rotation.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

const Body = z.strictObject({ reason: z.string() });

/** Back to the one before: possible until that one has ended. */
app.http('roll-back-rotation', {
  methods: ['POST'],
  route: 'rotations/{id}/rollback',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Operate', Body, ({ deps, person, body, params }) =>
    rollBackRotation(deps, params.id ?? '', person, body.reason),
  ),
});
