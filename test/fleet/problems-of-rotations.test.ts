/** What rotation is told where it cannot work. */
import { expect, it } from 'vitest';
import { nameRule } from '../../shared/fleet/schema/names.ts';
import { toldOf } from './builders.ts';
import {
  application,
  azure,
  c,
  file,
  hook,
  ids,
  one,
  secret,
  secretName,
  text,
  token,
  tokenFile,
  transit,
  vault,
  withoutPlace,
} from './rotation-builders.ts';

const elsewhere = (field: string) =>
  `${c}.seal.${field}: must be what one of ${c}.rotation.sinks writes (file:PATH or keyvault:https://VAULT/secrets/NAME): from any other place the old one would be read again`;

/** What is wrong, the file, and what is told. */
const cases: Record<string, [text: string, told: string[]]> = {
  'nothing is rotated': [
    one(transit(), '{}'),
    [
      `${c}.rotation: must say what is rotated: token or transitKey of a transit seal, secret or vaultKey of an azurekeyvault seal`,
    ],
  ],
  'a token and a key of a seal of Azure, in one go': [
    one(azure(), `{token: {role: seal}, transitKey: {every: 90d}, sinks: {${vault}}}`),
    [
      `${c}.rotation.token: needs a seal of type transit; this one is azurekeyvault`,
      `${c}.rotation.transitKey: needs a seal of type transit; this one is azurekeyvault`,
    ],
  ],
  'a secret and a key of a transit seal': [
    one(transit(), `{secret: {application: ${application}}, vaultKey: {every: 1d}, sinks: {${vault}}}`),
    [
      `${c}.rotation.secret: needs a seal of type azurekeyvault; this one is transit`,
      `${c}.rotation.vaultKey: needs a seal of type azurekeyvault; this one is transit`,
    ],
  ],
  'a seal that people unseal': [
    one('{type: shamir}', '{transitKey: {every: 90d}}'),
    [`${c}.rotation.transitKey: needs a seal of type transit; this one is shamir`],
  ],
  'a token that nobody knows': [
    one(transit('mount: transit'), token(file)),
    [
      `${c}.rotation.token: needs seal.token: without it rotation can neither renew the one in use nor try what nodes read`,
    ],
  ],
  'a secret of a managed identity': [
    one(azure('identity: managed'), secret(vault)),
    [`${c}.rotation.secret: has nothing to rotate: a managed identity has no client secret`],
  ],
  'a secret of an application that signs in with a certificate': [
    one(azure(`${ids}, clientCertificate: "file:/etc/seal.pem"`), secret(vault)),
    [
      `${c}.rotation.secret: needs tenant, clientId, clientSecret, vault, key of the seal; not there: clientSecret`,
    ],
  ],
  'a key that has no name': [
    one('{type: azurekeyvault, vault: kv-unseal}', '{vaultKey: {every: 30d}}'),
    [`${c}.rotation.vaultKey: needs vault, key of the seal; not there: key`],
  ],
  'a token without sinks': [
    one(transit(), '{token: {role: seal}}'),
    [`${c}.rotation.sinks: must name a place that holds the value: a sink of kind keyVaultSecret or file`],
  ],
  'a token that only a webhook hears of': [
    one(transit(), token(hook)),
    [`${c}.rotation.sinks: must name a place that holds the value: a sink of kind keyVaultSecret or file`],
  ],
  'a webhook that has nothing to refer to': [
    one(azure(`${ids}, clientSecret: "file:${tokenFile}"`), secret(file, hook)),
    [
      `${c}.rotation.sinks.hook: needs a sink of kind keyVaultSecret beside it: of a client secret a webhook is told a Key Vault reference, never the value`,
    ],
  ],
  'sinks that nothing is delivered to': [
    one(transit(), `{transitKey: {every: 90d}, sinks: {${file}}}`),
    [`${c}.rotation.sinks: must not stand here without token or secret: nothing else is delivered anywhere`],
  ],
  'a token that is read from where no sink writes': [
    one(transit('token: "file:/elsewhere"'), token(file)),
    [elsewhere('token')],
  ],
  'a token that is read from a variable, which no sink can change': [
    one(transit('token: "env:SEAL_TOKEN"'), token(file)),
    [elsewhere('token')],
  ],
  'a secret that is read from another vault': [
    one(azure(), secret(vault.replace('KV-Apps', 'kv-other'))),
    [elsewhere('clientSecret')],
  ],
  'another cluster that signs in with a secret of which it would never hear': [
    text({
      payments: [azure(), secret(vault)],
      lab: [azure().replace('secrets/seal', 'secrets/lab'), '{vaultKey: {every: 30d}}'],
    }),
    [elsewhere('clientSecret').replace(c, 'clusters.lab')],
  ],
  'a version that would stay the old one': [
    one(azure(`${ids}, clientSecret: "${secretName}/${'0'.repeat(32)}"`), secret(vault, hook)),
    [`${c}.seal.clientSecret: must not name a version beside rotation: it would stay the old one`],
  ],
  'a secret that ends before it is replaced': [
    one(azure(), `{secret: {application: ${application}, every: 180d}, sinks: {${vault}}}`),
    [
      `${c}.rotation.secret.every: must be shorter than life (180d, its default): the old one ends before a new one is made`,
    ],
  ],
  'names and numbers of sinks': [
    one(
      transit(),
      token(
        file,
        'Node: {kind: file, path: /b}',
        'hook: {kind: webhook, url: "https://deploy.example.com", signingKeys: []}',
        ...Array.from({ length: 8 }, (_, n) => `n${n}: {kind: file, path: /n${n}}`),
      ),
    ),
    [
      `${c}.rotation.sinks: must name at most 10 sinks, not 11`,
      `${c}.rotation.sinks.Node: not a name for a sink: ${nameRule}`,
      `${c}.rotation.sinks.hook.signingKeys: must hold one signing key, or two during a change`,
    ],
  ],
  'a path, a secret and a date that are none': [
    one(
      transit(),
      '{token: {role: seal}, keptSince: 2026-02-30, sinks: {a: {kind: file, path: a/../b}, b: {kind: keyVaultSecret, vault: kv-apps, secret: "a b"}}}',
    ),
    [
      `${c}.rotation.keptSince: must be a date like 2026-06-01; found "2026-02-30"`,
      `${c}.rotation.sinks.a.path: must be an absolute path without "..", "." or double slashes, at most 1000 characters; found "a/../b"`,
      `${c}.rotation.sinks.b.secret: must be the name of a secret, not the secret: 1 to 118 letters, digits and dashes`,
    ],
  ],
  'a webhook over plain http, and one that is link-local': [
    one(
      transit(),
      token(
        file,
        hook.replace('https', 'http'),
        hook.replace('hook', 'b').replace('deploy.example.com', '169.254.1.1'),
      ),
    ),
    [
      `${c}.rotation.sinks.hook.url: must use https: plain http is for loopback addresses only`,
      `${c}.rotation.sinks.b.url: must not be a link-local address: they are never called`,
    ],
  ],
  'what depends on more than one field, beside what does not': [
    one(
      transit('token: "env:A"'),
      '{token: {role: "a b"}, secret: {life: 1d}, sinks: {a: {kind: flie, path: /a}}}',
    ),
    [
      `${c}.rotation.token.role: must be the name of a token role: letters, digits, dots, dashes and underscores`,
      `${c}.rotation.secret: needs a seal of type azurekeyvault; this one is transit`,
      `${c}.rotation.secret.application: is missing`,
      `${c}.rotation.sinks.a.kind: must be one of keyVaultSecret, file, webhook; found "flie"; did you mean file?`,
      elsewhere('token'),
    ],
  ],
  'a sink of an unknown kind is judged as one, not as a channel': [
    one(transit(), token(file, 'b: {kind: paper, path: b}')),
    [
      `${c}.rotation.sinks.b.kind: must be one of keyVaultSecret, file, webhook; found "paper"`,
      `${c}.rotation.sinks.b.path: must be an absolute path without "..", "." or double slashes, at most 1000 characters; found "b"`,
    ],
  ],
};

it.each(Object.entries(cases))('it is refused: %s', (_, [own, told]) => {
  expect(withoutPlace(toldOf(own)).toSorted()).toEqual(told.toSorted());
});
