import { app } from '@azure/functions';
import { z } from 'zod';
import { showRecovery } from '../../shared/work/recover/show.ts';
import { forPerson } from '../recover-route.ts';

/** One recovery: what it did, what it waits for, what it needs. */
app.http('read-recovery', {
  methods: ['GET'],
  route: 'recoveries/{id}',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Read', z.unknown(), ({ deps, params }) =>
    showRecovery(deps, params.id ?? ''),
  ),
});
