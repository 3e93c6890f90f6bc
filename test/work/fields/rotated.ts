/** Fields of rotation that change what is planned: each with two values, and two plans that differ. */
import { expect } from 'vitest';
import type { Fleet } from '../../../shared/fleet/fleet.ts';
import type { RotationPlan } from '../../../shared/rotation/plan/say.ts';
import type { KindName, Rotation } from '../../../shared/rotation/rotation.ts';
import { fleetOf } from '../../fleet/builders.ts';
import {
  day,
  hour,
  minute,
  noon,
  planOf,
  seen,
  sight,
  versioned,
  versions,
  works,
} from '../../rotation/plan/inputs.ts';
import { World } from '../rotate/world/world.ts';
import type { Proof } from './proof.ts';

const hook = 'h: {kind: webhook, url: "https://h", signingKeys: ["env:K"]}';
/** Of a client secret a webhook is told a Key Vault reference. */
const sinks = `sinks: {v: {kind: keyVaultSecret, vault: kv-a, secret: s}, ${hook}}`;

/** `payments` is sealed by transit. */
const transit = (rotation: string, seal = ''): Fleet =>
  fleetOf(
    [
      'version: 1',
      'clusters:',
      '  root: {nodes: ["https://root:8200"]}',
      '  payments:',
      '    nodes: ["https://vault:8200"]',
      `    seal: {type: transit, provider: root, key: k, token: "env:T"${seal}}`,
      `    rotation: {${rotation}}`,
      '',
    ].join('\n'),
  );

const id = '5d0c2f7e-91ab-4c3d-8e6f-7a1b2c3d4e5f';

/** `cards` is sealed by a Key Vault. */
const azure = (rotation: string): Fleet =>
  fleetOf(
    [
      'version: 1',
      'clusters:',
      '  cards:',
      '    nodes: ["https://vault:8200"]',
      '    seal:',
      `      {type: azurekeyvault, vault: kv-unseal, key: k, tenant: ${id}, clientId: ${id}, clientSecret: "env:S"}`,
      `    rotation: {${rotation}}`,
      '',
    ].join('\n'),
  );

/** A token or secret that was made so long ago, and lives for long yet. */
const madeAgo = (kind: KindName, days: number, fleet: Fleet): RotationPlan =>
  planOf(kind, { fleet, ...seen(works({ madeAt: noon - days * day, renewable: kind === 'transit-token' })) });

const token = (own: string) => madeAgo('transit-token', 40, transit(`token: {role: r${own}}, ${sinks}`));
const secret = (own: string) =>
  madeAgo('entra-secret', 40, azure(`secret: {application: ${id}${own}}, ${sinks}`));

/** Its newest version was made so long ago. */
const key = (kind: KindName, days: number, fleet: Fleet): RotationPlan =>
  planOf(kind, { fleet, ...seen(versions(400, days)) });

/** Version 2, made three days ago, is in use since a day and a half. */
const inUse: Partial<Rotation> = {
  requestedAt: noon - 3 * day,
  reached: { due: noon - 3 * day, created: noon - 3 * day, verified: noon - 3 * day },
  inUseAt: noon - 1.5 * day,
};

function planInUse(rotation: string): RotationPlan {
  return planOf('transit-key', {
    fleet: transit(rotation),
    rotation: versioned('transit-key', inUse),
    ...seen(versions(400, 3)),
    consumers: [sight('payments', noon - 2 * day)],
  });
}

/** Version 2 was made an hour ago, and the active node leads for longer. */
function planBehind(rotation: string): RotationPlan {
  return planOf('transit-key', {
    fleet: transit(rotation),
    rotation: versioned('transit-key'),
    ...seen(versions(400, 1 / 24)),
    consumers: [sight('payments', noon - 2 * hour)],
  });
}

/** How long after it was delivered to a sink is what a node reads who starts, by the row of a turn. */
async function settles(within: string): Promise<number | undefined> {
  const world = new World('ours', { within, grace: '1d' });
  await world.clock.advance(91 * day);
  await world.turn();
  await world.pass(3 * minute);
  const { deliveredAt, settlesAt } = world.rotation?.sinks['first'] ?? {};
  return deliveredAt === undefined || settlesAt === undefined ? undefined : settlesAt - deliveredAt;
}

const raising = (own: string) => planInUse(`transitKey: {every: 90d, raiseMinimum: true}${own}`);

export const rotatedFields: Record<string, Proof> = {
  'clusters.*.seal.rescue': () => {
    const sealed = (own: string) => key('transit-key', 91, transit('transitKey: {every: 90d}', own));
    expect(sealed('')).toMatchObject({ do: 'open' });
    expect(sealed(', rescue: in the safe')).toMatchObject({
      do: 'refuse',
      why: expect.stringContaining('payments, seal.rescue') as string,
    });
  },
  'clusters.*.rotation.token.every': () => {
    expect(token('')).toEqual({ do: 'nothing', why: 'it works, and is not due' });
    expect(token(', every: 90d')).toMatchObject({ do: 'nothing', dueAt: noon + 50 * day });
    expect(token(', every: 30d')).toMatchObject({ do: 'open', repairs: false });
  },
  'clusters.*.rotation.transitKey.every': () => {
    const every = (days: number) => key('transit-key', 40, transit(`transitKey: {every: ${days}d}`));
    expect(every(90)).toMatchObject({ do: 'nothing', dueAt: noon + 50 * day });
    expect(every(30)).toMatchObject({ do: 'open' });
  },
  'clusters.*.rotation.transitKey.raiseMinimum': () => {
    const kept = 'keptSince: 2026-11-22';
    expect(planInUse(`transitKey: {every: 90d}, ${kept}`)).toMatchObject({
      do: 'finish',
      outcome: 'retired',
    });
    expect(raising(`, ${kept}`)).toMatchObject({
      do: 'approval',
      binding: { step: 'raise-minimum', what: '2' },
    });
  },
  'clusters.*.rotation.secret.every': () => {
    expect(secret('')).toMatchObject({ do: 'nothing', dueAt: noon + 149 * day });
    expect(secret(', every: 90d')).toMatchObject({ do: 'nothing', dueAt: noon + 50 * day });
    expect(secret(', every: 30d')).toMatchObject({ do: 'open', repairs: false });
  },
  'clusters.*.rotation.vaultKey.every': () => {
    const every = (days: number) => key('keyvault-key', 40, azure(`vaultKey: {every: ${days}d}`));
    expect(every(90)).toMatchObject({ do: 'nothing', dueAt: noon + 50 * day });
    expect(every(30)).toMatchObject({ do: 'open' });
  },
  'clusters.*.rotation.vaultKey.by': () => {
    const by = (who: string, days: number) =>
      key('keyvault-key', days, azure(`vaultKey: {every: 30d, by: ${who}}`));
    expect([by('sealwatch', 40).do, by('vault', 40).do]).toEqual(['open', 'nothing']);
    // Its cluster still uses version 1: whose policy made version 2 says whether that is followed.
    expect([by('sealwatch', 0).do, by('vault', 0).do]).toEqual(['nothing', 'open']);
  },
  'clusters.*.rotation.stepDown': () => {
    expect(planBehind('transitKey: {every: 90d}')).toMatchObject({
      do: 'wait',
      what: expect.stringContaining('step-down of the active node of payments') as string,
    });
    expect(planBehind('transitKey: {every: 90d}, stepDown: true')).toMatchObject({
      do: 'approval',
      binding: { step: 'step-down', what: 'payments' },
    });
  },
  'clusters.*.rotation.sinks.*.within': async () => {
    expect(await settles('0s')).toBeUndefined();
    expect(await settles('20m')).toBe(20 * minute);
  },
  'clusters.*.rotation.grace': () => {
    const grace = (own: string) => planInUse(`transitKey: {every: 90d}, grace: ${own}`);
    expect(grace('1d')).toMatchObject({ do: 'finish' });
    expect(grace('2d')).toMatchObject({ do: 'wait', what: 'the grace time', until: noon + day / 2 });
  },
  'clusters.*.rotation.overdue': () => {
    const overdue = (own: string) => planBehind(`transitKey: {every: 90d}${own}`);
    expect(overdue('')).toMatchObject({ do: 'wait', overdueAt: noon - hour + 7 * day });
    expect(overdue(', overdue: 2d')).toMatchObject({ do: 'wait', overdueAt: noon - hour + 2 * day });
  },
  'clusters.*.rotation.keptSince': () => {
    // Proven in use at midnight before noon's day: an older snapshot may need version 1, and so may one of unknown age.
    expect(raising('')).toMatchObject({ do: 'finish' });
    expect(raising(', keptSince: 2026-11-20')).toMatchObject({ do: 'finish' });
    expect(raising(', keptSince: 2026-11-22')).toMatchObject({ do: 'approval' });
  },
};
