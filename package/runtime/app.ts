/**
 * Stands in for `app` of @azure/functions where a package loads a function file: at the first trigger, when nothing can
 * be registered any more. It keeps what the file would have registered.
 */
type Handler = (...given: unknown[]) => unknown;
type Options = { handler: Handler } & Record<string, unknown>;

export type Kind = 'timer' | 'storageQueue' | 'http';

export interface Registered {
  kind: Kind;
  options: Record<string, unknown>;
  handler: Handler;
}

export const registered = new Map<string, Registered>();

const keep =
  (kind: Kind) =>
  (name: string, { handler, ...options }: Options): void => {
    if (registered.has(name)) throw new Error(`function "${name}" is registered twice`);
    registered.set(name, { kind, options, handler });
  };

export const app = { timer: keep('timer'), storageQueue: keep('storageQueue'), http: keep('http') };
