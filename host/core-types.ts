/** The members of `@azure/functions-core` (types are not on npm) that `@azure/functions` 4 and this host share. */

export interface Binding {
  type: string;
  name?: string;
  direction: 'in' | 'out';
  [option: string]: unknown;
}

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
  http?: HttpData;
}

export interface HttpData {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  params?: Record<string, string>;
  body?: TypedData;
  /** Of a response. */
  statusCode?: string;
  cookies?: unknown[];
}

export interface CoreContext {
  invocationId: string;
  metadata: { name: string; bindings: Record<string, Binding> };
  request: {
    invocationId: string;
    inputData: { name: string; data: TypedData }[];
    triggerMetadata: Record<string, TypedData>;
  };
  log(
    level: 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none',
    category: string,
    message: string,
  ): void;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: Registration['callback']): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ returnValue?: TypedData | null }>;
}

export interface ProgrammingModel {
  getInvocationModel(context: CoreContext): InvocationModel;
}
