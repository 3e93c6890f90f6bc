/** What `GET /api/status` of the embedded host says, as any other program would read it. */
import { request } from 'undici';
import { z } from 'zod';

const Alert = z.object({
  code: z.string(),
  status: z.string(),
  severity: z.string(),
  summary: z.string(),
});

const Status = z.object({
  watching: z.string(),
  clusters: z.array(
    z.object({
      cluster: z.string(),
      status: z.string(),
      nodes: z.array(z.object({ name: z.string(), address: z.string(), state: z.string() })),
      alerts: z.array(Alert),
    }),
  ),
  fleet: z.array(Alert),
});

export type SeenStatus = z.infer<typeof Status>;

/** Undefined while the host answers that nothing has been watched yet. @throws when it answers anything else. */
export async function askStatus(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<SeenStatus | undefined> {
  const answer = await request(`${url}/api/status`, { headers, signal, headersTimeout: 10_000 });
  const body = await answer.body.text();
  if (answer.statusCode === 503) return undefined;
  if (answer.statusCode !== 200) throw new Error(`GET /api/status answers ${answer.statusCode}: ${body}`);
  return Status.parse(JSON.parse(body));
}
