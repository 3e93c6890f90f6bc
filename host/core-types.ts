/** The members of `@azure/functions-core` (its types are not on npm) that `@azure/functions` 4 and this host share. */

type Options = { [name in 'schedule' | 'queueName' | 'connection' | 'authLevel' | 'route']?: string };
type Others = { methods?: string[]; runOnStartup?: boolean };
export type Binding = { type: string; direction: 'in' | 'out' } & Options & Others;

export interface Registration {
  name: string;
  bindings: Record<string, Binding>;
  retryOptions?: unknown;
  callback: (...args: unknown[]) => unknown;
}

/** Protobuf's oneof, as the worker passes it on. */
export interface TypedData {
  string?: string;
  json?: string;
  int?: number;
  bytes?: Uint8Array;
  /** A request, or a response: that has the last two. */
  http?: {
    method?: string;
    url?: string;
    params?: Record<string, string>;
    headers?: Record<string, string>;
    body?: TypedData;
    statusCode?: string;
    cookies?: unknown[];
  };
}

export interface ProgrammingModel {
  getInvocationModel(context: object): {
    getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
    invokeFunction(context: unknown, inputs: unknown[], callback: unknown): Promise<unknown>;
    getResponse(context: unknown, result: unknown): Promise<{ returnValue?: TypedData | null }>;
  };
}
