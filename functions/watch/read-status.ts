import { app } from '@azure/functions';
import { z } from 'zod';
import { refused } from '../../shared/work/recover/said.ts';
import { showStatus } from '../../shared/work/status.ts';
import { ClusterName } from '../request-limits.ts';
import { forPersonOfWatch } from '../watch-route.ts';

/** `?cluster=payments`: of one cluster only. What the status page shows, to people: nobody needs the app's key. */
app.http('read-status', {
  methods: ['GET'],
  route: 'status/clusters',
  authLevel: 'anonymous',
  handler: forPersonOfWatch('Sealwatch.Read', z.unknown(), async ({ deps, query }) => {
    const cluster = query.get('cluster') ?? undefined;
    if (cluster !== undefined && !ClusterName.safeParse(cluster).success)
      return refused('invalid', 'cluster: that is no name of a cluster');
    return showStatus(deps, cluster);
  }),
});
