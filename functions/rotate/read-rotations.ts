import { app } from '@azure/functions';
import { z } from 'zod';
import { refused } from '../../shared/work/recover/said.ts';
import { showRotations } from '../../shared/work/rotate/show-rotations.ts';
import { forPersonOfRotate } from '../person-route.ts';

/** `?cluster=payments`: of one cluster only. Where each rotation is, and what it waits for. */
app.http('read-rotations', {
  methods: ['GET'],
  route: 'rotations',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Read', z.unknown(), async ({ deps, query }) => {
    const cluster = query.get('cluster') ?? undefined;
    if (cluster !== undefined && !/^[a-z][a-z0-9-]{0,62}$/.test(cluster))
      return refused('invalid', 'cluster: that is no name of a cluster');
    return showRotations(deps, cluster);
  }),
});
