import { z } from 'zod';
import { audience } from './audience.ts';
import { secret, valueOrReference } from './secret.ts';
import { matching, text } from './text.ts';

/** Path of a mount, without slashes at its ends: it becomes part of a URL. */
export function mount(description: string) {
  return text({ description, pattern: '^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$' }, (value) => {
    const segments = value.split('/');
    return segments.every((part) => /^[A-Za-z0-9_.-]+$/.test(part) && part !== '.' && part !== '..')
      ? undefined
      : 'must be the path of a mount, without slashes at its ends';
  });
}

function authMount(method: string) {
  return mount(`Where the auth method is mounted, without "auth/".`).prefault(method);
}

const oneLine = (value: string) =>
  /^[\x21-\x7e]{1,256}$/.test(value) ? undefined : 'must be one word without spaces';

const jwt = z.strictObject({
  method: z.literal('jwt').meta({ description: "JWT auth with the token of the app's Azure identity." }),
  mount: authMount('jwt'),
  role: text({ description: 'Role of the JWT auth method.' }, oneLine),
  audience,
  clientId: matching(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    { description: 'Client id of a user-assigned identity. Default: the identity of the app.' },
    'must be a client id: 8-4-4-4-12 hexadecimal digits in lower case',
  ).exactOptional(),
});

const approle = z.strictObject({
  method: z.literal('approle').meta({ description: 'AppRole auth.' }),
  mount: authMount('approle'),
  roleId: valueOrReference('Role id.', oneLine),
  secretId: secret('Secret id.'),
});

const token = z.strictObject({
  method: z
    .literal('token')
    .meta({ description: 'A token made by hand; it is not renewed beyond its own limits.' }),
  token: secret('The token. Never a root token.'),
});

export const login = z.discriminatedUnion('method', [jwt, approle, token]).meta({
  description: 'How Sealwatch logs in to read raft state. Default: it does not, and raft state goes unseen.',
});
