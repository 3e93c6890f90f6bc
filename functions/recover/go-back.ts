import { app } from '@azure/functions';
import { z } from 'zod';
import { goBack } from '../../shared/work/recover/accept.ts';
import { forPerson } from '../recover-route.ts';

const Body = z.strictObject({ generation: z.int().min(1), revision: z.int().min(1) });

/** An approver takes the generation into use again that was proven before the one in use, while that one is not. */
app.http('go-back', {
  methods: ['POST'],
  route: 'clusters/{cluster}/generations/back',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Approve', Body, ({ deps, person, body, params }) =>
    goBack(deps, params.cluster ?? '', person, body),
  ),
});
