/** Route templates of the Functions host, as far as they are whole segments: `clusters/{cluster}/quiet`. */

export interface Route {
  /** A parameter in its braces, or a literal in lower case. */
  segments: string[];
  /** The template with its parameters unnamed: two routes of one shape serve the same paths. */
  shape: string;
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** @throws Error for optional, catch-all and constrained parameters. */
export function parseRoute(template: string): Route {
  const segments = partsOf(template).map((part) => {
    if (/^\{\w+\}$/.test(part)) return part;
    if (/^[\w.-]+$/.test(part)) return part.toLowerCase();
    throw new Error(`route part "${part}" is not supported, only plain text and {name}`);
  });
  return { segments, shape: `/${segments.map((part) => part.replace(/\w+\}/, '}')).join('/')}` };
}

/** Parameters of a percent-encoded path; undefined when the route serves another one, or an encoding is broken. */
export function matchRoute({ segments }: Route, path: string): Record<string, string> | undefined {
  const parts = partsOf(path);
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  try {
    for (const [index, segment] of segments.entries()) {
      const part = decodeURIComponent(parts[index] ?? '');
      if (segment.startsWith('{')) params[segment.slice(1, -1)] = part;
      else if (part.toLowerCase() !== segment) return undefined;
    }
  } catch {
    return undefined;
  }
  return params;
}

/** `clusters/all` before `clusters/{cluster}`, from the left: a brace sorts after all that a literal may hold. */
export const moreLiteralFirst = (a: Route, b: Route) => (a.shape < b.shape ? -1 : Number(a.shape > b.shape));
