/** What `npm audit --json` printed, judged: clean, advisories, or no word from the registry. Pure. */
import { z } from 'zod';

const Advisory = z.object({ title: z.string(), url: z.string(), severity: z.string(), range: z.string() });
/** Of a package that has none of its own, `via` names those through which it has them. */
const Vulnerable = z.object({
  name: z.string(),
  via: z.array(z.union([z.string(), Advisory])),
  nodes: z.array(z.string()),
});
const Report = z.object({
  vulnerabilities: z.record(z.string(), Vulnerable),
  metadata: z.object({
    vulnerabilities: z.object({ total: z.int() }),
    dependencies: z.object({ prod: z.int(), total: z.int() }),
  }),
});
const Failure = z.object({
  message: z.string().optional(),
  error: z.object({ summary: z.string(), code: z.string().optional() }).optional(),
});

export type Audited =
  | { state: 'clean'; packages: number; production: number }
  | { state: 'advisories'; lines: string[] }
  | { state: 'not-reached'; why: string };

/**
 * Whatever is no report is no all-clear.
 * @param isDevelopment of a package's folder. Such a line says so; what npm does not place counts as production.
 */
export function judgeAudit(printed: string, isDevelopment: (folder: string) => boolean): Audited {
  const json = jsonOf(printed);
  const { data: report } = Report.safeParse(json);
  if (!report) return { state: 'not-reached', why: failureOf(json) };
  const { vulnerabilities, metadata } = report;
  const lines = Object.values(vulnerabilities).flatMap(({ name, via, nodes }) => {
    const where = nodes.length > 0 && nodes.every(isDevelopment) ? 'development' : 'production';
    return via.map((each) =>
      typeof each === 'string'
        ? `${where}: ${name}: through ${each}`
        : `${where}: ${name} ${each.range}: ${each.severity}: ${each.title} (${each.url})`,
    );
  });
  if (lines.length === 0 && metadata.vulnerabilities.total > 0)
    lines.push(`${metadata.vulnerabilities.total} that npm does not name`);
  return lines.length > 0
    ? { state: 'advisories', lines }
    : {
        state: 'clean',
        packages: metadata.dependencies.total,
        production: metadata.dependencies.prod,
      };
}

function failureOf(json: unknown): string {
  const { data } = Failure.safeParse(json);
  const why = data?.error?.summary || data?.message || data?.error?.code;
  // npm's own words name the registry, which may be a private one.
  return why?.replace(/https?:\/\/\S+/g, 'the registry').slice(0, 200) ?? 'npm printed no report';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
