/** The routes of functions/recover, to the same use cases: those files read this process's environment. */
import { z } from 'zod';
import type { Person, Role } from '../../../shared/people/person.ts';
import { acceptGeneration, goBack } from '../../../shared/work/recover/accept.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { approveRecovery, endHold, rejectRecovery, setHold } from '../../../shared/work/recover/respond.ts';
import { type Said, said } from '../../../shared/work/recover/said.ts';
import { showRecovery } from '../../../shared/work/recover/show.ts';
import { keepNow } from '../../../shared/work/recover/upkeep.ts';

export const Body = z.object({
  generation: z.int().default(0),
  revision: z.int().default(0),
  reason: z.string().default(''),
  kind: z.enum(['unseal', 'rebind']).default('unseal'),
  dryRun: z.boolean().default(false),
  lost: z.array(z.string()).default([]),
  takeOver: z.boolean().default(false),
  verifyOnly: z.boolean().default(false),
  until: z.string().default(''),
  binding: z.string().default(''),
});

interface Asking {
  deps: RecoverDeps;
  person: Person;
  body: Partial<z.infer<typeof Body>>;
  name: string;
}

export const routes: [RegExp, Role, (asking: Asking) => Promise<Said<unknown>>][] = [
  [
    /^POST \/api\/clusters\/([^/]+)\/generations\/back$/,
    'Sealwatch.Approve',
    ({ deps, person, body: { generation = 0, revision = 0 }, name }) =>
      goBack(deps, name, person, { generation, revision }),
  ],
  [
    /^POST \/api\/clusters\/([^/]+)\/generations$/,
    'Sealwatch.Operate',
    ({ deps, person, body: { generation = 0, revision = 0 }, name }) =>
      acceptGeneration(deps, name, person, { generation, revision }),
  ],
  [
    /^POST \/api\/clusters\/([^/]+)\/upkeep$/,
    'Sealwatch.Operate',
    ({ deps, person, body: { verifyOnly = false }, name }) => keepNow(deps, name, person, { verifyOnly }),
  ],
  [
    /^POST \/api\/clusters\/([^/]+)\/recoveries$/,
    'Sealwatch.Operate',
    async ({ deps, person, body, name }) => {
      const { kind = 'unseal', reason = '', dryRun = false, lost = [], takeOver = false } = body;
      const approver = person.roles.includes('Sealwatch.Approve');
      const by = { way: 'manual', by: person.id, byName: person.name, approver } as const;
      const opened = await requestRecovery(deps, name, { kind, reason, dryRun, lost, takeOver, ...by });
      return opened.ok ? said({ id: opened.value.id }) : opened;
    },
  ],
  [/^GET \/api\/recoveries\/([^/]+)$/, 'Sealwatch.Read', ({ deps, name }) => showRecovery(deps, name)],
  [
    /^POST \/api\/recoveries\/([^/]+)\/approve$/,
    'Sealwatch.Approve',
    ({ deps, person, body: { binding = '' }, name }) => approveRecovery(deps, name, person, binding),
  ],
  [
    /^POST \/api\/recoveries\/([^/]+)\/reject$/,
    'Sealwatch.Approve',
    ({ deps, person, body: { reason = '' }, name }) => rejectRecovery(deps, name, person, reason),
  ],
  [
    /^POST \/api\/clusters\/([^/]+)\/hold$/,
    'Sealwatch.Operate',
    ({ deps, person, body: { until = '', reason = '' }, name }) =>
      setHold(deps, name, person, { until: Date.parse(until), reason }),
  ],
  [
    /^DELETE \/api\/clusters\/([^/]+)\/hold$/,
    'Sealwatch.Operate',
    ({ deps, person, name }) => endHold(deps, name, person),
  ],
];
