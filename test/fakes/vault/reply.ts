/** What a simulated node does with a request. */
export type Reply =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: string; delayMs: number }
  /** Nothing listens. */
  | { kind: 'refused' }
  /** Taken, and never answered. */
  | { kind: 'hang' }
  /** The connection is cut. */
  | { kind: 'reset' };

export type Answer = Extract<Reply, { kind: 'answer' }>;

export function answer(status: number, body?: unknown, headers: Record<string, string> = {}): Answer {
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: body === undefined ? '' : `${JSON.stringify(body)}\n`,
    delayMs: 0,
  };
}

export function refusal(status: number, ...errors: string[]): Answer {
  return answer(status, { errors });
}

/** The envelope of everything that is not a sys status path. */
export function envelope(data: unknown, extra: Record<string, unknown> = {}): Answer {
  return answer(200, {
    request_id: '00000000-0000-0000-0000-000000000000',
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data,
    wrap_info: null,
    warnings: null,
    auth: null,
    mount_type: 'system',
    ...extra,
  });
}
