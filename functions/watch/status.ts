import { app } from '@azure/functions';
import { watch } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { readStatus } from '../../shared/work/status.ts';

const deadlineMs = 30_000;

/** The fleet as last seen; 503 when nobody has looked for too long (rule 13). */
app.http('status', {
  methods: ['GET'],
  route: 'status',
  authLevel: 'function',
  handler: async () => {
    const deps = watch();
    try {
      const status = await withDeadline(deps.clock, deadlineMs, 'status', () => readStatus(deps));
      return { status: status.watching === 'yes' ? 200 : 503, jsonBody: status };
    } catch (error) {
      deps.log.error('status-failed', { error });
      return {
        status: 503,
        jsonBody: { watching: 'unknown', why: 'configuration or storage cannot be read: see the log' },
      };
    }
  },
});
