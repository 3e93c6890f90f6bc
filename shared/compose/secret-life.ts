/** The end of a client secret that is in use, as Microsoft Graph lists it: read with Sealwatch's own identity. */
import type { Clock } from '../clock.ts';
import type { AzureFailure, CredentialLife } from '../readiness/exercise/azure-exercise.ts';
import type { Tried } from '../readiness/readiness.ts';
import { createGraph, type GraphHttp } from '../rotation/graph.ts';
import { candidatesFor, currentOf } from '../rotation/kinds/listed-secrets.ts';
import type { RotationFailure } from '../rotation/rotation.ts';

const unseen = (detail: string): Tried<never, AzureFailure> => ({
  ok: false,
  code: 'no-credential',
  detail: `the end of the client secret is not seen: ${detail}`,
});

/** Of an application that is only looked at: the words of a rotation's refusals name what a rotation needs. */
const words: Partial<Record<RotationFailure, string>> = {
  denied:
    "Microsoft Graph refuses: grant the rotate app's identity Application.ReadWrite.OwnedBy and make it an owner of the application, or grant it Application.Read.All",
  'not-configured':
    "Microsoft Graph knows no application with seal.clientId in the tenant of Sealwatch's own identity",
};

/** By the first characters of the value, as Graph shows them; by its client id, so fleet.yaml needs no object id. */
export async function secretLife(
  clientId: string,
  value: string,
  http: GraphHttp,
  clock: Pick<Clock, 'now' | 'sleep'>,
): Promise<Tried<CredentialLife, AzureFailure>> {
  const seen = await createGraph({ clientId }, http, clock).application();
  if (!seen.ok) return unseen(words[seen.code] ?? seen.detail);
  if (seen.value.appId.toLowerCase() !== clientId.toLowerCase())
    return unseen('Microsoft Graph answers with another application');
  // Its hint: nothing else of the value is copied.
  const candidates = candidatesFor(seen.value, Buffer.from(value.slice(0, 3)));
  const { endsAt, lifeMs } = currentOf(candidates);
  if (endsAt === undefined) return unseen('Microsoft Graph lists no live secret that it can be, with an end');
  return {
    ok: true,
    value: {
      of: 'secret',
      endsAt,
      ...(lifeMs !== undefined && { lifeMs }),
      ...(candidates.length > 1 && { oneOf: candidates.length }),
    },
  };
}
