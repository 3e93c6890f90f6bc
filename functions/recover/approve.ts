import { app } from '@azure/functions';
import { z } from 'zod';
import { approveRecovery } from '../../shared/work/recover/respond.ts';
import { forPerson } from '../recover-route.ts';

/** `needs.hash` of what GET showed: a plan that changed since is not approved unseen. */
const Body = z.strictObject({ binding: z.string().regex(/^[0-9a-f]{64}$/, 'needs.hash of GET') });

/** A person approves exactly what the recovery says it needs; the approval ends after an hour. */
app.http('approve-recovery', {
  methods: ['POST'],
  route: 'recoveries/{id}/approve',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Approve', Body, ({ deps, person, body, params }) =>
    approveRecovery(deps, params.id ?? '', person, body.binding),
  ),
});
