import { z } from 'zod';
import { address } from './address.ts';
import { escrow } from './escrow.ts';
import { login } from './login.ts';
import { namePattern, nameRule } from './names.ts';
import { recovery } from './recovery.ts';
import { rotation } from './rotation.ts';
import { seal } from './seal.ts';
import { matching, text, whole } from './text.ts';
import { ownThresholds } from './thresholds.ts';
import { tls } from './tls.ts';

export const mostNodes = 100;

const node = z.strictObject({
  address,
  name: matching(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    {
      description:
        "What messages call the node. Default: the address's host, with its port where hosts repeat.",
    },
    'must be 1 to 128 letters, digits, dots, dashes and underscores, and begin with a letter or digit',
  ).exactOptional(),
  nodeId: matching(
    /^[\x21-\x7e]{1,128}$/,
    { description: 'Raft node id, where membership matters.' },
    'must be 1 to 128 characters without spaces',
  ).exactOptional(),
});

type NodeEntry = { address: string; name?: string; nodeId?: string };

export const nodeEntry = z.union([address.transform((own): NodeEntry => ({ address: own })), node]);

const expect = z
  .strictObject({
    voters: whole('Raft voters of the healthy cluster. Default: the number of nodes.', 1, 99).exactOptional(),
    version: matching(
      /^\d{1,4}(\.\d{1,4}){0,2}([+-][A-Za-z0-9.+-]{1,40})?$/,
      { description: 'Version, or the beginning of it: "1.21" matches 1.21.4.', examples: ['1.21'] },
      'must be a version or its beginning, such as "1.21" or "1.21.4"',
      'must be a version in quotes, such as "1.21": without them 1.20 is the number 1.2',
    ).exactOptional(),
    storage: z
      .enum(['raft', 'etcd', 'consul', 'other'])
      .meta({ description: 'Storage backend. Default: not checked.' })
      .exactOptional(),
  })
  .meta({ description: 'What the healthy cluster looks like.' });

const labelValue = text({ description: 'Text, at most 200 characters on one line.' }, (value) =>
  value !== '' && value.length <= 200 && !/\p{Cc}/u.test(value)
    ? undefined
    : 'must be 1 to 200 characters on one line',
);

export const cluster = z
  .strictObject({
    nodes: z
      .array(nodeEntry)
      .meta({ description: 'Vault API addresses, one a node.', minItems: 1, maxItems: mostNodes }),
    tls: tls.prefault({}),
    login: login.exactOptional(),
    rotateLogin: login
      .meta({
        description:
          "The rotate app's own login here, to rotate what this cluster provides and to let it step down. Default: login.",
      })
      .exactOptional(),
    expect: expect.prefault({}),
    seal: seal.prefault({ type: 'shamir' }),
    rotation: rotation.exactOptional(),
    labels: z
      .record(z.string().meta({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$' }), labelValue)
      .meta({
        description: 'Words of your own, shown in every message: team, region, tier.',
        maxProperties: 20,
      })
      .prefault({}),
    thresholds: ownThresholds.prefault({}),
    unknownSealCause: z
      .enum(['approval', 'automatic'])
      .meta({
        description:
          'What a seal counts as when nothing proves a restart: wait for approval, or recover automatically.',
      })
      .prefault('approval'),
    recovery: recovery.prefault({}),
    escrow: escrow.prefault({}),
    notify: z
      .array(
        matching(
          namePattern,
          { description: 'Name of a channel.' },
          `must be the name of a channel: ${nameRule}`,
        ),
      )
      .meta({
        description: 'Channels that hear of this cluster. Default: every channel.',
        minItems: 1,
        maxItems: 50,
      })
      .exactOptional(),
  })
  .meta({ description: 'One cluster: its nodes, and what is expected of them.' });
