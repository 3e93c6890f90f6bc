/** The sinks of a cluster's fleet.yaml entry, within the deployment's limits (rule 16), as rotate's own identity. */
import { randomBytes } from 'node:crypto';
import { post } from '../alert/post.ts';
import type { Clock } from '../clock.ts';
import { checkEndpoint } from '../fleet/endpoint.ts';
import type { Cluster, SinkEntry } from '../fleet/fleet.ts';
import type { Limits } from '../fleet/limits.ts';
import { isLinkLocal } from '../fleet/network.ts';
import { isInside, isReference } from '../fleet/reference.ts';
import type { Sink } from '../rotation/rotation.ts';
import { createFileSink } from '../rotation/sinks/file.ts';
import { createKeyVaultSecretSink } from '../rotation/sinks/key-vault-secret.ts';
import { createWebhookSink, type Given } from '../rotation/sinks/webhook.ts';
import { type SecretConnection, secretCalls } from './secret-calls.ts';
import type { Resolve } from './secrets.ts';
import type { Credential } from './state.ts';

/** What stands in for the world, in tests; of production only what a private network needs. */
export interface SinksReplaced {
  keyVault?: SecretConnection['options'];
  /** PEM, that receivers of webhooks are trusted by. */
  ca?: string;
}

export interface SinkOptions {
  limits: Limits;
  resolve: Resolve;
  credential: Credential;
  clock: Pick<Clock, 'now' | 'after'>;
  replaced?: SinksReplaced;
}

export type Sinks = { ok: true; sinks: Sink[] } | { ok: false; why: string };

/** Nothing is resolved or called here. `why` names each field of fleet.yaml that is refused, and the setting. */
export function sinksOf({ name, rotation }: Pick<Cluster, 'name' | 'rotation'>, options: SinkOptions): Sinks {
  const entries = rotation?.sinks ?? [];
  const problems = entries.flatMap((entry) => {
    const problem = problemOf(entry, options.limits);
    return problem === undefined ? [] : [`clusters.${name}.rotation.sinks.${entry.name}.${problem}`];
  });
  if (problems.length > 0) return { ok: false, why: problems.join('; ') };
  return { ok: true, sinks: entries.map((entry) => sinkOf(entry, options)) };
}

function problemOf(entry: SinkEntry, limits: Limits): string | undefined {
  switch (entry.kind) {
    case 'keyVaultSecret': {
      const { vault } = entry;
      if (limits.sinkVaults?.includes(originOf(vault))) return undefined;
      return `vault: ${vault} is not among the vaults whose secrets rotate may write (setting SEALWATCH_SINK_VAULTS)`;
    }
    case 'file':
      if (limits.sinkRoot === undefined)
        return 'path: no file is written by this deployment (setting SEALWATCH_SINK_ROOT names the folder)';
      if (isInside(limits.sinkRoot, entry.path) && !/\/\.{0,2}(\/|$)/.test(entry.path)) return undefined;
      return `path: the file must be inside ${limits.sinkRoot} (setting SEALWATCH_SINK_ROOT)`;
    case 'webhook': {
      // What a reference leads to is looked at each time that it is resolved.
      if (isReference(entry.url)) return undefined;
      const checked = checkEndpoint(entry.url, 'sink', limits);
      return checked.ok ? undefined : `url: ${checked.reason}`;
    }
  }
}

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address;
}

function sinkOf(entry: SinkEntry, options: SinkOptions): Sink {
  const { limits, credential, clock, replaced } = options;
  const { name } = entry;
  switch (entry.kind) {
    case 'keyVaultSecret': {
      const vault = originOf(entry.vault);
      const connection = {
        vault,
        credential,
        clock,
        ...(replaced?.keyVault && { options: replaced.keyVault }),
      };
      return createKeyVaultSecretSink({ name, vault, secret: entry.secret, calls: secretCalls(connection) });
    }
    case 'file': {
      const user = process.getuid?.();
      const root = limits.sinkRoot ?? '';
      return createFileSink({
        name,
        path: entry.path,
        root,
        random: randomBytes,
        ...(user !== undefined && { user }),
      });
    }
    case 'webhook':
      return webhook(entry, options);
  }
}

/** Time for one delivery, ms. */
const deliveryMs = 10_000;

function webhook(
  { name, url, signingKeys }: Extract<SinkEntry, { kind: 'webhook' }>,
  { limits, resolve, clock, replaced }: SinkOptions,
): Sink {
  return createWebhookSink({
    name,
    async url() {
      const resolved = await resolve(url);
      if (!resolved.ok) return resolved;
      const checked = checkEndpoint(resolved.value.trim(), 'sink', limits);
      if (checked.ok) return { ok: true, value: checked.url.href };
      return { ok: false, code: 'outside-limits', message: `its url ${checked.reason}` };
    },
    async signingKeys(): Promise<Given<string[]>> {
      const resolved = await Promise.all(signingKeys.map((key) => resolve(key)));
      const failed = resolved.find((each) => !each.ok);
      return failed ?? { ok: true, value: resolved.flatMap((each) => (each.ok ? [each.value] : [])) };
    },
    post: (target, request) =>
      post(
        target,
        request,
        {
          allowed: (to) => checkEndpoint(to.href, 'sink', limits).ok,
          isRefusedAddress: isLinkLocal,
          timeoutMs: deliveryMs,
          ...(replaced?.ca && { ca: replaced.ca }),
        },
        () => clock.now(),
        new AbortController().signal,
      ),
    clock,
  });
}
