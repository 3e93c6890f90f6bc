import { app } from '@azure/functions';
import { z } from 'zod';
import { approveRotation } from '../../shared/work/rotate/respond-rotation.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

/** `needs.hash` of what GET showed: a step that changed since is not approved unseen. */
const Body = z.strictObject({ binding: z.string().regex(/^[0-9a-f]{64}$/, 'needs.hash of GET') });

/** A person approves exactly the step that the rotation says it needs; the approval ends after an hour. */
app.http('approve-rotation', {
  methods: ['POST'],
  route: 'rotations/{id}/approve',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Approve', Body, ({ deps, person, body, params }) =>
    approveRotation(deps, params.id ?? '', person, body.binding),
  ),
});
