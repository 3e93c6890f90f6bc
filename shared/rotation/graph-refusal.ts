/** What Graph refuses with, or does not answer with → closed codes in our words. Nothing of its text is repeated. */
import type { GraphReply } from './graph.ts';
import type { RotationFailure } from './rotation.ts';

interface Refused {
  ok: false;
  code: RotationFailure;
  detail: string;
}

const silent: Record<Extract<GraphReply, { answered: false }>['why'], Omit<Refused, 'ok'>> = {
  'no-token': {
    code: 'unreachable',
    detail:
      "Sealwatch's own identity gets no token for Microsoft Graph: does the rotate app have a managed identity?",
  },
  timeout: { code: 'unreachable', detail: 'graph.microsoft.com did not answer in time' },
  'no-answer': { code: 'unreachable', detail: 'graph.microsoft.com gives no answer' },
  'refused-address': {
    code: 'outside-limits',
    detail: 'graph.microsoft.com resolves to an address that is never called: look at the DNS',
  },
  'too-large': { code: 'odd', detail: 'graph.microsoft.com answers with more than an application can have' },
};

/** @param path tells what was asked for: the words differ where the fix does. */
export function graphRefusal(reply: GraphReply, path: string): Refused {
  if (!reply.answered) return { ok: false, ...silent[reply.why] };
  const { status, retryAfter } = reply;
  const refused = (code: RotationFailure, detail: string): Refused => ({ ok: false, code, detail });
  if (status === 401)
    return refused(
      'denied',
      "Graph refuses the token of Sealwatch's own identity (401): is it of the application's tenant?",
    );
  if (status === 403) {
    return refused(
      'denied',
      "Graph refuses (403): the rotate app's identity needs the application permission Application.ReadWrite.OwnedBy, with admin consent, and must be an owner of the application",
    );
  }
  if (status === 404) {
    return refused(
      'not-configured',
      "Graph knows no such application object (404): rotation.secret.application is the application's object id, not its client id (seal.clientId)",
    );
  }
  if (status === 429) {
    const seconds = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? `, for ${retryAfter} s` : '';
    return refused('throttled', `Graph throttles (429)${seconds}`);
  }
  if (status === 409 || status === 412)
    return refused('throttled', `another change of the application is under way in Graph (${status})`);
  if (status >= 500) return refused('unreachable', `Graph cannot serve (${status})`);
  if (status === 400 && path.endsWith('/addPassword')) {
    return refused(
      'denied',
      'Graph refuses the new secret (400): does an app management policy of the tenant forbid secrets, or lives as long as rotation.secret.life?',
    );
  }
  if (status < 300) return refused('odd', 'graph.microsoft.com does not answer like Graph');
  return refused('odd', `Graph refuses (${status})`);
}
