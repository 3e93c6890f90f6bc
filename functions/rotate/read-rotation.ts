import { app } from '@azure/functions';
import { z } from 'zod';
import { showRotation } from '../../shared/work/rotate/show-rotations.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

/** One rotation: what was made, which sinks hold it, what it waits for, what it needs. */
app.http('read-rotation', {
  methods: ['GET'],
  route: 'rotations/{id}',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Read', z.unknown(), ({ deps, params }) =>
    showRotation(deps, params.id ?? ''),
  ),
});
