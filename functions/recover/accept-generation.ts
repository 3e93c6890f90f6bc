import { app } from '@azure/functions';
import { z } from 'zod';
import { acceptGeneration } from '../../shared/work/recover/accept.ts';
import { forPerson } from '../recover-route.ts';

const Body = z.strictObject({ generation: z.int().min(1), revision: z.int().min(1) });

/** After an import: opens every envelope of the blob, and takes the generation into use. */
app.http('accept-generation', {
  methods: ['POST'],
  route: 'clusters/{cluster}/generations',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Operate', Body, ({ deps, person, body, params }) =>
    acceptGeneration(deps, params.cluster ?? '', person, body),
  ),
});
