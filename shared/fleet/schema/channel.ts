import { z } from 'zod';
import { namePattern, nameRule } from './names.ts';
import { secret, valueOrReference } from './secret.ts';
import { matching } from './text.ts';

/** A plain URL: whoever can read fleet.yaml may know it. Host and scheme are checked against the limits later. */
export function plainUrl(value: string): string | undefined {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value))
    return 'must be a URL that begins with https://, or a reference';
  const url = new URL(value);
  return url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== ''
    ? 'must not be written into this file when it has a user, query or fragment: such a URL is a secret, refer to it'
    : undefined;
}

const common = {
  minimumSeverity: z
    .enum(['critical', 'warning', 'info'])
    .meta({ description: 'Messages below this severity are not sent here.' })
    .prefault('info'),
  fallback: matching(
    namePattern,
    { description: 'Channel that takes what this one cannot deliver.' },
    `must be the name of a channel: ${nameRule}`,
  ).exactOptional(),
};

const chatUrl = secret(
  'URL of the webhook: whoever knows it can post.',
  "a chat webhook's URL is a secret and",
);

export const webhook = z.strictObject({
  kind: z
    .literal('webhook')
    .meta({ description: 'CloudEvents over HTTPS, signed by the Standard Webhooks scheme.' }),
  url: valueOrReference('URL that takes the messages.', plainUrl),
  signingKeys: z
    .array(secret('A signing key (whsec_…).', 'a signing key'))
    .meta({ description: 'Signing keys, newest first; two during a change.', minItems: 1, maxItems: 2 }),
  ...common,
});

export const channel = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('slack').meta({ description: 'Slack incoming webhook.' }),
      url: chatUrl,
      ...common,
    }),
    z.strictObject({
      kind: z.literal('teams').meta({ description: 'Teams Workflows webhook.' }),
      url: chatUrl,
      ...common,
    }),
    webhook,
  ])
  .meta({ description: 'Where messages go.' });

export const heartbeat = z
  .strictObject({ url: valueOrReference('URL that is called after each complete sweep.', plainUrl) })
  .meta({ description: 'Tells a watcher of yours that Sealwatch itself is alive. Default: none.' });
