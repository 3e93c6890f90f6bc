/** How a use case of recover ends for the person who called it: routes map the code to a status. */

export type RefusedCode = 'not-found' | 'busy' | 'invalid' | 'conflict' | 'forbidden' | 'unavailable';

export type Said<T> = { ok: true; value: T } | { ok: false; code: RefusedCode; message: string };

export const said = <T>(value: T): Said<T> => ({ ok: true, value });
export const refused = (code: RefusedCode, message: string): Said<never> => ({ ok: false, code, message });
