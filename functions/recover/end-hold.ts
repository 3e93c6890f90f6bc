import { app } from '@azure/functions';
import { z } from 'zod';
import { endHold } from '../../shared/work/recover/respond.ts';
import { forPerson } from '../recover-route.ts';

app.http('end-hold', {
  methods: ['DELETE'],
  route: 'clusters/{cluster}/hold',
  authLevel: 'anonymous',
  handler: forPerson('Sealwatch.Operate', z.unknown(), ({ deps, person, params }) =>
    endHold(deps, params.cluster ?? '', person),
  ),
});
