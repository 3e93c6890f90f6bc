/** Route templates of the Functions host, as far as they are whole segments: `clusters/{cluster}/quiet`. */

export interface Route {
  segments: ({ literal: string } | { param: string })[];
  /** The template with its parameters unnamed: two routes of one shape serve the same paths. */
  shape: string;
}

/** @throws Error for optional, catch-all and constrained parameters. */
export function parseRoute(template: string): Route {
  const segments = template
    .split('/')
    .filter((text) => text !== '')
    .map((text) => {
      const param = /^\{(\w+)\}$/.exec(text)?.[1];
      if (param !== undefined) return { param };
      if (/[{}]/.test(text)) throw new Error(`route part "${text}" is not supported, only {name}`);
      return { literal: text.toLowerCase() };
    });
  const shape = `/${segments.map((segment) => ('literal' in segment ? segment.literal : '{}')).join('/')}`;
  return { segments, shape };
}

/**
 * Parameters of a path that the route serves.
 *
 * @param path percent-encoded, without a query.
 * @returns undefined when it serves another one, or when an encoding is broken.
 */
export function matchRoute(route: Route, path: string): Record<string, string> | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length !== route.segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const part = decode(parts[index] ?? '');
    if (part === undefined) return undefined;
    if ('param' in segment) params[segment.param] = part;
    else if (part.toLowerCase() !== segment.literal) return undefined;
  }
  return params;
}

/** Literal segments before parameters, from the left: `clusters/all` before `clusters/{cluster}`. */
export function moreLiteralFirst(a: Route, b: Route): number {
  const order = (route: Route) =>
    route.segments.map((segment) => ('literal' in segment ? '0' : '1')).join('');
  return order(a).localeCompare(order(b));
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
