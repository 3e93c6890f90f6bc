import { app } from '@azure/functions';
import { z } from 'zod';
import { requireRole } from '../../shared/people/roles.ts';
import { requestRecovery } from '../../shared/work/recover/request.ts';
import { said } from '../../shared/work/recover/said.ts';
import { forPerson } from '../recover-route.ts';
import { NodeName } from '../request-limits.ts';

const Body = z.strictObject({
  reason: z.string(),
  kind: z.enum(['unseal', 'rebind']).default('unseal'),
  dryRun: z.boolean().default(false),
  /** Ends the open one: by whoever asked for it, or an approver. */
  takeOver: z.boolean().default(false),
  lost: z.array(NodeName).max(100).default([]),
});

/** A person asks for a recovery: 202, and where to look. */
app.http('request-recovery', {
  methods: ['POST'],
  route: 'clusters/{cluster}/recoveries',
  authLevel: 'anonymous',
  handler: forPerson(
    'Sealwatch.Operate',
    Body,
    async ({ deps, person, body, params }) => {
      const approver = requireRole(person, 'Sealwatch.Approve').ok;
      const asked = { ...body, approver, way: 'manual', by: person.id, byName: person.name } as const;
      const opened = await requestRecovery(deps, params.cluster ?? '', asked);
      return opened.ok ? said({ id: opened.value.id, look: `/api/recoveries/${opened.value.id}` }) : opened;
    },
    202,
  ),
});
