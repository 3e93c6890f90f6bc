import { app } from '@azure/functions';
import { z } from 'zod';
import { rejectRecovery } from '../../shared/work/recover/respond.ts';
import { forPerson } from '../recover-route.ts';

const Body = z.strictObject({ reason: z.string() });

/** A person ends a recovery. */
app.http('reject-recovery', {
  methods: ['POST'],
  route: 'recoveries/{id}/reject',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Approve', Body, ({ deps, person, body, params }) =>
    rejectRecovery(deps, params.id ?? '', person, body.reason),
  ),
});
