import { app } from '@azure/functions';
import { z } from 'zod';
import { exerciseNow } from '../../shared/work/rotate/show.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

/** Exercises the seal of one cluster now. */
app.http('exercise-seal', {
  methods: ['POST'],
  route: 'readiness/{cluster}',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Operate', z.unknown(), ({ deps, params }) =>
    exerciseNow(deps, params.cluster ?? ''),
  ),
});
