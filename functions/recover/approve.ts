import { app } from '@azure/functions';
import { z } from 'zod';
import { approveRecovery } from '../../shared/work/recover/respond.ts';
import { forPerson } from '../person-route.ts';

/** A person approves exactly what the recovery says it needs; the approval ends after an hour. */
app.http('approve-recovery', {
  methods: ['POST'],
  route: 'recoveries/{id}/approve',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Approve', z.strictObject({}), ({ deps, person, params }) =>
    approveRecovery(deps, params.id ?? '', person),
  ),
});
