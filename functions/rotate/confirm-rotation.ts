import { app } from '@azure/functions';
import { z } from 'zod';
import { confirmRotation } from '../../shared/work/rotate/respond-rotation.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

const Body = z.strictObject({ reason: z.string() });

/** A person's word that nodes whose start times are not seen were restarted: with it the old one ends. */
app.http('confirm-rotation', {
  methods: ['POST'],
  route: 'rotations/{id}/confirm',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Approve', Body, ({ deps, person, body, params }) =>
    confirmRotation(deps, params.id ?? '', person, body.reason),
  ),
});
