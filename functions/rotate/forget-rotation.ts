import { app } from '@azure/functions';
import { z } from 'zod';
import { forgetRotation } from '../../shared/work/rotate/forget-rotation.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

const Body = z.strictObject({ reason: z.string() });

/** Ends a rotation whose cluster is not in fleet.yaml any more: what it made is left to people. */
app.http('forget-rotation', {
  methods: ['POST'],
  route: 'rotations/{id}/forget',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Approve', Body, ({ deps, person, body, params }) =>
    forgetRotation(deps, params.id ?? '', person, body.reason),
  ),
});
