/** A handler whose file, with all that it imports, is loaded when it is first triggered. */
import { registered } from './app.ts';

/** @param load imports the function file that registers `name`. */
export function onFirstUse(name: string, load: () => Promise<unknown>) {
  return async (...given: unknown[]): Promise<unknown> => {
    await load();
    const handler = registered.get(name)?.handler;
    if (!handler) throw new Error(`function "${name}" is not in the file that its package names`);
    return handler(...given);
  };
}
