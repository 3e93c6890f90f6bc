/**
 * Watches real servers as the product does: a fleet.yaml, compose, and `sweep` called by the test as the tick.
 * What it found is read from the state's heads, what it told from a receiver of messages.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { composeWatch } from '../../../shared/compose.ts';
import type { Finding, FindingCode } from '../../../shared/finding.ts';
import type { ClusterObservation } from '../../../shared/probe/observation.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { startChatReceiver } from '../../fakes/chat/receiver.ts';
import { memoryState } from '../../fakes/state/memory.ts';
import { until } from '../../servers/until.ts';

/** Clusters of a fleet.yaml, as they are written there. */
export type ClusterEntries = Record<string, Record<string, unknown>>;

const Event = z.object({
  data: z.object({
    cluster: z.string(),
    kind: z.string(),
    headline: z.string(),
    changes: z.array(
      z.object({ change: z.string(), code: z.string(), subject: z.record(z.string(), z.string()) }),
    ),
  }),
});

/** "resolved node-sealed vault-1": what a message says of one finding. */
export interface Told {
  cluster: string;
  kind: string;
  headline: string;
  changes: string[];
}

export interface Watching {
  /**
   * One sweep. A line an open finding, `code [subject] severity [under code]`, sorted; in a fleet of several
   * clusters the cluster's name comes first. Without restarts: they stay open for two minutes (see `restarts`).
   */
  look(): Promise<string[]>;
  /** Sweeps until exactly these findings are open. */
  settles(lines: string[], seconds?: number): Promise<void>;
  /** Sweeps until it holds; returns what is open then. */
  until(what: string, holds: (lines: string[]) => boolean, seconds?: number): Promise<string[]>;
  /** Lines of node-restarting in the last look. */
  restarts(): string[];
  /** An open finding of the last look; throws when there is none. */
  finding(code: FindingCode, subject?: string, cluster?: string): Finding;
  /** What the last sweep saw of a cluster; of the only one, without a name. */
  observed(cluster?: string): Promise<ClusterObservation>;
  /** Messages that arrived since the last call. */
  news(): Told[];
  /** Another fleet.yaml, seen by the next sweep. */
  rewrite(clusters: ClusterEntries): void;
  /** Sets what `env:SEALWATCH_SECRET_<name>` refers to. */
  secret(name: string, value: string): string;
  secretOf(name: string): string | undefined;
  /** A new process of the app: connections, tokens and certificates seen are gone; state stays. */
  restartApp(): void;
  close(): Promise<void>;
}

export async function startWatching(clusters: ClusterEntries): Promise<Watching> {
  const folder = mkdtempSync(join(tmpdir(), 'sealwatch-watching-'));
  const path = join(folder, 'fleet.yaml');
  const receiver = await startChatReceiver();
  const state = memoryState();
  const env: Record<string, string> = {
    SEALWATCH_FLEET: path,
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    SEALWATCH_ENDPOINT_HOSTS: new URL(receiver.url('webhook')).host,
    SEALWATCH_SECRET_HOOK: receiver.url('webhook'),
    SEALWATCH_SECRET_SIGNING_KEY: `whsec_${randomBytes(24).toString('base64')}`,
  };
  const compose = () => composeWatch(env, { state, write: () => undefined });
  let deps = compose();
  let names: string[] = [];
  let open: { cluster: string; finding: Finding }[] = [];
  let heard = 0;

  const rewrite = (entries: ClusterEntries): void => {
    names = Object.keys(entries);
    writeFileSync(path, fleetText(entries));
  };
  const line = ({ cluster, finding }: { cluster: string; finding: Finding }): string => {
    const { code, subject, severity, under } = finding;
    return [
      ...(names.length > 1 ? [cluster] : []),
      code,
      ...('name' in subject ? [subject.name] : []),
      severity,
      ...(under ? [`under ${under}`] : []),
    ].join(' ');
  };
  const linesOf = (test: (code: FindingCode) => boolean): string[] =>
    open
      .filter(({ finding }) => test(finding.code))
      .map(line)
      .sort();
  const isRestart = (code: FindingCode): boolean => code === 'node-restarting';

  const look = async (): Promise<string[]> => {
    const { failed } = await sweep(deps);
    if (failed.length > 0) throw new Error(`sweep failed: ${JSON.stringify(failed)}`);
    const { partitions } = await state.live.scan();
    open = [...partitions].flatMap(([cluster, { head }]) =>
      (head?.value.alerts ?? [])
        .filter((alert) => alert.resolvedAt === undefined)
        .map(({ finding }) => ({ cluster, finding })),
    );
    return linesOf((code) => !isRestart(code));
  };
  const lookUntil = async (
    what: string,
    holds: (lines: string[]) => boolean,
    seconds: number,
  ): Promise<string[]> => {
    let last: string[] = [];
    return until(
      what,
      seconds,
      async () => {
        last = await look();
        return holds(last) ? last : undefined;
      },
      () => `Last: ${JSON.stringify(last, null, 2)}`,
    );
  };

  rewrite(clusters);
  return {
    look,
    rewrite,
    until: (what, holds, seconds = 60) => lookUntil(what, holds, seconds),
    async settles(lines, seconds = 60) {
      const wanted = JSON.stringify([...lines].sort(), null, 2);
      await lookUntil(`open: ${wanted}`, (seen) => JSON.stringify(seen, null, 2) === wanted, seconds);
    },
    restarts: () => linesOf(isRestart),
    finding(code, subject, cluster = names[0]) {
      const found = open.find(
        (each) =>
          each.cluster === cluster &&
          each.finding.code === code &&
          (subject === undefined ||
            ('name' in each.finding.subject && each.finding.subject.name === subject)),
      );
      if (!found) throw new Error(`no ${code} ${subject ?? ''} among: ${open.map(line).join('; ')}`);
      return found.finding;
    },
    async observed(cluster = names[0]) {
      const latest = await state.observations.latest();
      const found = latest?.clusters.find((each) => each.cluster === cluster);
      if (!found) throw new Error(`nothing was observed of ${cluster}`);
      return found;
    },
    news() {
      const fresh = receiver.received.slice(heard);
      heard = receiver.received.length;
      return fresh.map(({ body }) => {
        const { cluster, kind, headline, changes } = Event.parse(body).data;
        const words = changes.map(({ change, code, subject }) =>
          [change, code, subject['name'] ?? []].flat().join(' '),
        );
        return { cluster, kind, headline, changes: words.sort() };
      });
    },
    secret(name, value) {
      env[`SEALWATCH_SECRET_${name}`] = value;
      return `env:SEALWATCH_SECRET_${name}`;
    },
    secretOf: (name) => env[`SEALWATCH_SECRET_${name}`],
    restartApp() {
      deps = compose();
    },
    async close() {
      await receiver.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Everything is told at once. */
function fleetText(clusters: ClusterEntries): string {
  return stringify({
    version: 1,
    alerts: { pending: { critical: '0s', warning: '0s', info: '0s' } },
    channels: {
      pager: {
        kind: 'webhook',
        url: 'env:SEALWATCH_SECRET_HOOK',
        signingKeys: ['env:SEALWATCH_SECRET_SIGNING_KEY'],
      },
    },
    // More restarts than a crash loop takes happen here on purpose.
    thresholds: { restartLoopCount: 10 },
    clusters,
  });
}
