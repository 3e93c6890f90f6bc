/** What fleet.yaml says of rotation, and that clusters do not share it by mistake. */
import { describe, expect, it } from 'vitest';
import { fleetOf, toldOf } from './builders.ts';
import {
  application,
  azure,
  c,
  file,
  hook,
  one,
  secret,
  text,
  token,
  tokenFile,
  transit,
  vault,
  withoutPlace,
} from './rotation-builders.ts';

const hour = 3_600_000;
const day = 24 * hour;
const rotationOf = (seal: string, rotation: string) => fleetOf(one(seal, rotation)).clusters[1]?.rotation;

describe('a rotation', () => {
  it('has its defaults filled in', () => {
    expect(rotationOf(transit(), token(file))).toEqual({
      token: { role: 'seal' },
      sinks: [{ name: 'node-file', kind: 'file', path: tokenFile, withinMs: 0 }],
      stepDown: false,
      graceMs: day,
      overdueMs: 7 * day,
    });
    const keys = `{secret: {application: ${application}}, vaultKey: {every: 365d}, sinks: {${vault}}}`;
    expect(rotationOf(azure(), keys)).toMatchObject({
      secret: { application, lifeMs: 180 * day },
      vaultKey: { everyMs: 365 * day, by: 'sealwatch' },
    });
    expect(rotationOf(transit(), '{transitKey: {every: 90d}}')).toMatchObject({
      transitKey: { everyMs: 90 * day, raiseMinimum: false },
      sinks: [],
    });
  });

  it('has its times in ms, and a date as the beginning of that day in UTC', () => {
    const own = `{secret: {application: ${application}, every: 90d, life: 100d}, sinks: {${vault}, ${hook}}, stepDown: true, grace: 2h, overdue: 5m, keptSince: 2026-06-01}`;
    expect(rotationOf(azure(), own)).toEqual({
      secret: { application, everyMs: 90 * day, lifeMs: 100 * day },
      sinks: [
        {
          name: 'app-vault',
          kind: 'keyVaultSecret',
          vault: 'https://kv-apps.vault.azure.net',
          secret: 'seal',
          withinMs: hour,
        },
        {
          name: 'hook',
          kind: 'webhook',
          url: 'https://deploy.example.com',
          signingKeys: ['env:DEPLOY_KEY'],
          withinMs: hour,
        },
      ],
      stepDown: true,
      graceMs: 7_200_000,
      overdueMs: 300_000,
      keptSince: Date.UTC(2026, 5, 1),
    });
  });

  it('takes the time of a copy from fleet.yaml, of any sink, and no nonsense', () => {
    const withins = (...sinks: string[]) =>
      rotationOf(azure(), secret(...sinks))?.sinks.map(({ withinMs }) => withinMs);
    const within = (sink: string, time: string) => sink.replace(/}$/, `, within: ${time}}`);
    expect(withins(within(vault, '2m'), within(hook, '0s'), within(file, '3h'))).toEqual([
      120_000, 0, 10_800_000,
    ]);
    expect(withoutPlace(toldOf(one(azure(), secret(within(vault, '31d')))))).toEqual([
      expect.stringContaining(`${c}.rotation.sinks.app-vault.within`),
    ]);
  });

  it('of a key may stand beside a rescue copy: it is refused when it is asked for, with its reason', () => {
    const [, payments] = fleetOf(one(transit('rescue: in the safe'), '{transitKey: {every: 90d}}')).clusters;
    expect(payments?.seal).toMatchObject({ rescue: 'in the safe' });
  });

  it.each([
    ['a webhook may bring it where the seal reads it', transit('token: "env:SEAL_TOKEN"'), token(file, hook)],
    ['a Key Vault secret in capitals', azure(), secret(vault.replace('seal}', 'SEAL}'))],
    ['a key of a managed identity', azure('identity: managed'), '{vaultKey: {every: 30d}}'],
  ])('is taken: %s', (_, seal, rotation) => {
    expect(toldOf(one(seal, rotation))).toEqual([]);
  });
});

describe('what clusters share is rotated by one of them:', () => {
  const other = (field: string) =>
    `clusters.b.rotation.${field}: the same is rotated by clusters.a.rotation.${field}: let one cluster do it for all that unseal with it`;
  const ownFile = (name: string) => `${name}: {kind: file, path: /${name}}`;

  it.each<[string, string, string, string, string]>([
    [
      'transitKey',
      transit('mount: transit'),
      '{transitKey: {every: 90d}}',
      transit('mount: transit'),
      '{transitKey: {every: 30d}}',
    ],
    [
      'token',
      transit('token: "env:T"'),
      token(ownFile('a'), hook),
      transit('token: "env:T"'),
      token(ownFile('b'), hook),
    ],
    [
      'secret',
      azure(),
      secret('v: {kind: keyVaultSecret, vault: kv-a, secret: s}', hook),
      azure(),
      secret('v: {kind: keyVaultSecret, vault: kv-b, secret: s}', hook),
    ],
    [
      'vaultKey',
      azure(),
      '{vaultKey: {every: 90d}}',
      azure().replace('kv-unseal', 'KV-Unseal'),
      '{vaultKey: {every: 30d}}',
    ],
  ])('%s', (field, seal, rotation, otherSeal, otherRotation) => {
    expect(withoutPlace(toldOf(text({ a: [seal, rotation], b: [otherSeal, otherRotation] })))).toEqual([
      other(field),
    ]);
    const without = text({ a: [seal, rotation], b: [otherSeal, 'none'] }).replace(/ +rotation: none\n/, '');
    expect(toldOf(without)).toEqual([]);
  });

  const writes =
    'clusters.b.rotation.sinks.node-file: writes what clusters.a.rotation.sinks.node-file writes: give each sink a place of its own';

  it.each(['', '.next', '.previous'])('no sink writes what another writes: PATH%s', (slot) => {
    const sealAt = (path: string) => transit(`token: "file:${path}"`);
    const at = (path: string) => token(`node-file: {kind: file, path: ${path}}`);
    const b = `/t${slot}`;
    expect(withoutPlace(toldOf(text({ a: [sealAt('/t'), at('/t')], b: [sealAt(b), at(b)] })))).toContain(
      writes,
    );
    expect(toldOf(text({ a: [sealAt('/t'), at('/t')], b: [sealAt('/t.new'), at('/t.new')] }))).toEqual([]);
  });

  it('nor a secret of the same vault, however it is written', () => {
    const two = token(file, vault, vault.replace('app-vault', 'again').replace('seal}', 'Seal-next}'));
    expect(withoutPlace(toldOf(one(transit(), two)))).toEqual([
      `${c}.rotation.sinks.again: writes what ${c}.rotation.sinks.app-vault writes: give each sink a place of its own`,
    ]);
  });
});
