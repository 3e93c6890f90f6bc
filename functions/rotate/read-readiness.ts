import { app } from '@azure/functions';
import { z } from 'zod';
import { showReadiness } from '../../shared/work/rotate/show.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

/** Of each cluster: would a node that restarted right now unseal, as last exercised. */
app.http('read-readiness', {
  methods: ['GET'],
  route: 'readiness',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Read', z.unknown(), ({ deps }) => showReadiness(deps)),
});
