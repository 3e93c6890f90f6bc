import { app } from '@azure/functions';
import { z } from 'zod';
import { keepNow } from '../../shared/work/recover/upkeep.ts';
import { forPerson } from '../recover-route.ts';

const Body = z.strictObject({ verifyOnly: z.boolean().default(false) });

/** What the daily timer does for every cluster, for one and now: verifies, and rewraps what an old key version holds. */
app.http('keep-escrow', {
  methods: ['POST'],
  route: 'clusters/{cluster}/upkeep',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Operate', Body, ({ deps, person, body, params }) =>
    keepNow(deps, params.cluster ?? '', person, body),
  ),
});
