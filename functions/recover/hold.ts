import { app } from '@azure/functions';
import { z } from 'zod';
import { setHold } from '../../shared/work/recover/respond.ts';
import { forPerson } from '../recover-route.ts';

const Body = z.strictObject({
  until: z.iso.datetime({ offset: true }),
  reason: z.string(),
});

/** A person's word that automation leaves a cluster alone, until a time. */
app.http('set-hold', {
  methods: ['POST'],
  route: 'clusters/{cluster}/hold',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Operate', Body, ({ deps, person, body, params }) =>
    setHold(deps, params.cluster ?? '', person, { until: Date.parse(body.until), reason: body.reason }),
  ),
});
