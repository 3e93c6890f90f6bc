import { z } from 'zod';
import { isLinkLocal, isLoopback } from '../network.ts';
import { checkReference } from '../reference.ts';
import { plainUrl } from './channel.ts';
import { duration } from './durations.ts';
import { guid, keyVaultName } from './seal.ts';
import { secret, valueOrReference } from './secret.ts';
import { matching, text } from './text.ts';

/** Each is written and read back in every rotation. */
export const mostSinks = 10;

const every = (what: string) => duration(`How often ${what}.`, '1h', '3650d');

/** Says where a new credential is, so only over https; which hosts may hear it, settings of rotate alone say. */
function noticeUrl(value: string): string | undefined {
  const wrong = plainUrl(value);
  if (wrong !== undefined) return wrong;
  const { protocol, hostname } = new URL(value);
  if (isLinkLocal(hostname)) return 'must not be a link-local address: they are never called';
  return protocol === 'http:' && !isLoopback(hostname)
    ? 'must use https: plain http is for loopback addresses only'
    : undefined;
}

/** Rule 9: who starts before its copy came still reads the one before. */
const within = (how: string, otherwise: string) =>
  duration(
    `How long after a delivery a node that starts may still read the one before: ${how}.`,
    '0s',
    '30d',
  ).prefault(otherwise);

export const sink = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('keyVaultSecret').meta({
        description: 'A secret of an Azure Key Vault; NAME-next and NAME-previous are written beside it.',
      }),
      vault: keyVaultName('Name of the Key Vault that holds the secret.'),
      secret: matching(
        // Key Vault takes 127 characters, and "-previous" is put behind it.
        /^[A-Za-z0-9-]{1,118}$/,
        { description: 'Name of the secret.' },
        'must be the name of a secret, not the secret: 1 to 118 letters, digits and dashes',
      ),
      within: within('until an operator or a driver has copied the secret to it', '1h'),
    }),
    z.strictObject({
      kind: z.literal('file').meta({
        description: 'A file, replaced as a whole; PATH.next and PATH.previous are written beside it.',
      }),
      path: text({ description: 'Absolute path of the file.', pattern: '^/' }, (value) =>
        value.length > 1000 || /\p{Cc}/u.test(value) || checkReference(`file:${value}`) !== undefined
          ? 'must be an absolute path without "..", "." or double slashes, at most 1000 characters'
          : undefined,
      ),
      within: within('where it reads a copy of the file', '0s'),
    }),
    z.strictObject({
      kind: z.literal('webhook').meta({
        description: 'Is told where the new one is, signed by the Standard Webhooks scheme; never the value.',
      }),
      url: valueOrReference('URL that is told.', noticeUrl),
      signingKeys: z
        .array(secret('A signing key (whsec_…).', 'a signing key'))
        .meta({ description: 'Signing keys, newest first; two during a change.', minItems: 1, maxItems: 2 }),
      within: within('until the receiver has brought it there', '1h'),
    }),
  ])
  .meta({ description: 'A place that nodes get the token or client secret from.' });

const day = text(
  {
    description:
      'Date of the oldest raft snapshot that may still be restored. Default: nobody knows, and no key version is given up.',
    pattern: String.raw`^\d{4}-\d{2}-\d{2}$`,
    examples: ['2026-06-01'],
  },
  (value) => (dayStart(value) === undefined ? 'must be a date like 2026-06-01' : undefined),
  'must be a date like 2026-06-01',
).transform((value) => dayStart(value) ?? 0);

/** "2026-06-01": its beginning in UTC, ms. Undefined: no such day. */
function dayStart(value: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  // 30 February would otherwise be 2 March.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== value ? undefined : ms;
}

export const rotation = z
  .strictObject({
    token: z
      .strictObject({
        role: matching(
          /^[A-Za-z0-9_.-]{1,128}$/,
          { description: "Token role of the provider that makes the seal's tokens." },
          'must be the name of a token role: letters, digits, dots, dashes and underscores',
        ),
        every: every('a new one is made. Default: when renewing it no longer suffices').exactOptional(),
      })
      .meta({ description: "`seal.type: transit`: the seal's own token is renewed, and replaced in time." })
      .exactOptional(),
    transitKey: z
      .strictObject({
        every: every('the key gets a new version'),
        raiseMinimum: z
          .boolean()
          .meta({
            description:
              'Whether people may be asked to let versions go that no cluster and no kept snapshot needs.',
          })
          .prefault(false),
      })
      .meta({ description: '`seal.type: transit`: the key at the provider.' })
      .exactOptional(),
    secret: z
      .strictObject({
        application: guid("Object id of the seal's application (not its client id)."),
        every: every('a new one is made. Default: in time before the old one ends').exactOptional(),
        life: duration('How long a new one lives.', '1d', '730d').prefault('180d'),
      })
      .meta({ description: "`seal.type: azurekeyvault`: the client secret of the seal's application." })
      .exactOptional(),
    vaultKey: z
      .strictObject({
        every: every('the key gets a new version'),
        by: z
          .enum(['sealwatch', 'vault'])
          .meta({
            description: "Who makes new versions: Sealwatch, or the Key Vault's own rotation policy.",
          })
          .prefault('sealwatch'),
      })
      .meta({ description: '`seal.type: azurekeyvault`: the key in the Key Vault.' })
      .exactOptional(),
    // Names are checked later: a bad one must not hide the problems below it.
    sinks: z
      .record(z.string(), sink)
      .meta({
        description: 'Where nodes get the token or client secret from, by name; every one is delivered to.',
        maxProperties: mostSinks,
      })
      .prefault({}),
    stepDown: z
      .boolean()
      .meta({
        description:
          "Whether an approved rotation may let this cluster's active node step down, to move it on to a new key version.",
      })
      .prefault(false),
    grace: duration(
      'From the new one in use by every node to the end of the old one.',
      '0s',
      '365d',
    ).prefault('1d'),
    overdue: duration('A rotation that waits for longer is told.', '1m', '365d').prefault('7d'),
    keptSince: day.exactOptional(),
  })
  .meta({
    description:
      'How the credential and the key that unseal this cluster are rotated. Default: they are only looked at.',
  });

export type RotationEntry = z.output<typeof rotation>;
