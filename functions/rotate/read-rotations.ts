import { app } from '@azure/functions';
import { z } from 'zod';
import { refused } from '../../shared/work/recover/said.ts';
import { showRotations } from '../../shared/work/rotate/show-rotations.ts';
import { ClusterName } from '../request-limits.ts';
import { forPersonOfRotate } from '../rotate-route.ts';

/** `?cluster=payments`: of one cluster only. Where each rotation is, and what it waits for. */
app.http('read-rotations', {
  methods: ['GET'],
  route: 'rotations',
  authLevel: 'anonymous',
  handler: forPersonOfRotate('Sealwatch.Read', z.unknown(), async ({ deps, query }) => {
    const cluster = query.get('cluster') ?? undefined;
    if (cluster !== undefined && !ClusterName.safeParse(cluster).success)
      return refused('invalid', 'cluster: that is no name of a cluster');
    return showRotations(deps, cluster);
  }),
});
