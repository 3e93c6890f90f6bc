/**
 * The other end of every channel: a small server that takes what Slack, Teams and a webhook receiver take,
 * refuses what they refuse, and misbehaves when told to. For tests and the demo; it is no chat.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ChannelKind } from '../../../shared/alert/sender.ts';
import { slackLines, slackProblems } from './slack-format.ts';
import { teamsLines, teamsProblems } from './teams-format.ts';
import { webhookLines, webhookProblems } from './webhook-format.ts';

export interface Received {
  kind: ChannelKind;
  method: string;
  headers: Record<string, string>;
  raw: string;
  body: unknown;
  /** What the real receiver would refuse. */
  problems: string[];
  /** What people see. */
  lines: string[];
}

/** `hang`: no answer. `reset`: the connection is cut. `drip`: status at once, a body that never ends. */
export type Answer =
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'hang'
  | 'reset'
  | 'drip';

export interface ChatReceiver {
  /** The hook of a kind: as with the real ones, whoever knows it may post. */
  url(kind: ChannelKind): string;
  /** The part of each hook's path that must stay secret. */
  secret: string;
  /** In order of arrival; answered or not. */
  received: Received[];
  /** Requests to anything that is no hook: paths. */
  strays: string[];
  onMessage(callback: (received: Received) => void): void;
  /** Replaces the usual answer; undefined stands for the usual one. */
  respond(answer: (received: Received) => Answer | undefined): void;
  close(): Promise<void>;
}

interface Hook {
  path: (secret: string) => string;
  problems: (body: unknown) => string[];
  lines: (body: unknown) => string[];
  usual: Answer;
}

const hooks: Record<ChannelKind, Hook> = {
  slack: {
    path: (secret) => `/services/T000/B000/${secret}`,
    problems: slackProblems,
    lines: slackLines,
    usual: { status: 200, body: 'ok' },
  },
  teams: {
    path: (secret) =>
      `/powerautomate/automations/direct/workflows/w/triggers/manual/paths/invoke?sig=${secret}`,
    problems: teamsProblems,
    lines: teamsLines,
    usual: { status: 202 },
  },
  webhook: {
    path: (secret) => `/hooks/${secret}`,
    problems: webhookProblems,
    lines: webhookLines,
    usual: { status: 204 },
  },
};

const kinds = ['slack', 'teams', 'webhook'] as const satisfies ChannelKind[];

/** @param options.tls PEM certificate and key; without them plain HTTP. Loopback only. */
export async function startChatReceiver(
  options: { tls?: { certPem: string; keyPem: string } } = {},
): Promise<ChatReceiver> {
  const secret = randomBytes(18).toString('hex');
  const received: Received[] = [];
  const strays: string[] = [];
  const callbacks: ((received: Received) => void)[] = [];
  let answerOf: (received: Received) => Answer | undefined = () => undefined;

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const kind = kinds.find((each) => hooks[each].path(secret) === request.url);
    const raw = await readAll(request);
    if (!kind) {
      strays.push(request.url ?? '');
      answer(response, { status: 404 });
      return;
    }
    const body = parsed(raw);
    const { problems, lines, usual } = hooks[kind];
    const message: Received = {
      kind,
      method: request.method ?? '',
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      raw,
      body,
      problems: problems(body),
      lines: lines(body),
    };
    received.push(message);
    const reply = answerOf(message);
    const valid = message.problems.length === 0;
    answer(response, reply ?? (valid ? usual : { status: 400, body: message.problems.join('\n') }));
    for (const callback of callbacks) callback(message);
  };
  const listener: RequestListener = (request, response) => {
    // A client that goes away while it is talking is none of the server's troubles.
    take(request, response).catch(() => response.destroy());
  };
  const server = options.tls
    ? createTlsServer({ cert: options.tls.certPem, key: options.tls.keyPem }, listener)
    : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the chat receiver has no port');
  const origin = `${options.tls ? 'https' : 'http'}://127.0.0.1:${address.port}`;
  return {
    url: (kind) => `${origin}${hooks[kind].path(secret)}`,
    secret,
    received,
    strays,
    onMessage: (callback) => void callbacks.push(callback),
    respond: (chosen) => {
      answerOf = chosen;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, reply: Answer): void {
  if (reply === 'hang') return;
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (reply === 'drip') {
    response.writeHead(200);
    response.write('o');
    return;
  }
  response.writeHead(reply.status, reply.headers);
  response.end(reply.body);
}

async function readAll(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
