/**
 * The key of a real Vault's seal, rotated: a new version is used from the next restart or step-down on, and the one before
 * is needed until then. Azure is fakes; Vault's client for it is Vault's own.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { approveRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { showRotation } from '../../../shared/work/rotate/show-rotations.ts';
import { until } from '../../servers/until.ts';
import { sealKey } from '../../work/rotate/real/azure-servers.ts';
import { ada, type RotatedAzure, startRotatedAzure } from './rotated-azure.ts';

let rig: RotatedAzure;
beforeAll(async () => {
  rig = await startRotatedAzure();
});
afterAll(() => rig?.close());

const node = 'edge-1';
/** More than the plan allows for between Key Vault's clock and ours. */
const clocksMs = 70_000;
const says = (part: string) => expect.stringContaining(part) as string;
const versions = () => rig.azure.seals.versionsOf(sealKey);
const newestVersion = () => versions().at(-1)?.split('/').at(-1);
/** Disables all but the newest. */
function disableOlder(): string[] {
  const older = versions().slice(0, -1);
  for (const id of older) rig.azure.seals.set(id, { enabled: false });
  return older;
}
const enable = (ids: string[]) => {
  for (const id of ids) rig.azure.seals.set(id, { enabled: true });
};
const retired = (rotation: Rotation) => {
  expect(rotation.ended).toMatchObject({
    outcome: 'retired',
    summary: says(`every consumer wraps with version ${newestVersion()}`),
    left: [says('Older versions may be disabled')],
  });
};

describe('the key of a seal', () => {
  it('rotated, with the old version disabled too early: found, sealed by the next restart, healed when it is enabled', async () => {
    rig.asks({ vaultKey: { every: '90d' } });
    rig.clock.goAhead(clocksMs);
    const rotation = await rig.ask('keyvault-key');
    expect(rotation).toMatchObject({ stage: 'verified', fresh: { ref: newestVersion() } });
    expect(rotation.waiting?.what).toBe(
      `a restart or step-down of the active node of edge, which then wraps with version ${newestVersion()}`,
    );
    const older = disableOlder();
    const found = await rig.rotating.ready('edge');
    expect(found.standing).toEqual({
      state: 'not-ready',
      why: says('is disabled, and the cluster is wrapped with it'),
    });
    expect(found.problems.map(({ code }) => code)).toContain('seal-not-ready');
    expect(await rig.health()).toBe(200);

    rig.clock.goAhead(clocksMs);
    await rig.bounce();
    await rig.edge.awaitState(node, [503]);
    expect(await rig.turn()).toMatchObject({ status: 'open', stage: 'verified' });
    const explained = await rig.rotating.ready('edge');
    expect(explained.problems.map(({ code, summary }) => [code, summary])).toEqual([
      ['seal-key-version-at-risk', says('disabled')],
    ]);
    // No node leads any more: the alert does not end by that.
    expect(Object.keys(explained.unjudged)).toContain('seal-not-ready');
    enable(older);
    await rig.edge.awaitState(node, [200]);
    expect((await rig.rotating.ready('edge')).standing).toEqual({ state: 'ready' });
    retired(await rig.turn());
  });

  it('rotated, and used after a restart: then the old version can be disabled', async () => {
    const { fresh } = await rig.ask('keyvault-key');
    expect(fresh?.ref).toBe(newestVersion());
    rig.clock.goAhead(clocksMs);
    expect((await rig.turn()).waiting?.what).toContain('a restart or step-down of the active node of edge');
    await rig.restart();
    retired(await rig.turn());
    rig.clock.goAhead(clocksMs);
    disableOlder();
    const { standing, problems } = await rig.rotating.ready('edge');
    expect(standing).toEqual({ state: 'ready' });
    expect(problems).toMatchObject([{ code: 'seal-key-version-at-risk', severity: 'info' }]);
    await rig.restart();
  });

  it('rotated, and used after a step-down that a person approved: then the old version can be disabled', async () => {
    rig.asks({ vaultKey: { every: '90d' }, stepDown: true });
    const { id, needs } = await rig.ask('keyvault-key');
    expect(needs).toMatchObject({ binding: { step: 'step-down', what: 'edge' }, missing: 1 });
    rig.clock.goAhead(clocksMs);
    expect(await rig.turn()).toMatchObject({ needs: { missing: 1 } });
    const start = async () => (await rig.deps.sight((await cluster()).edge)).nodes[0]?.startedAt;
    const before = await start();
    const shown = await showRotation(rig.deps, id);
    const hash = shown.ok ? (shown.value.needs?.hash ?? '') : '';
    expect(await approveRotation(rig.deps, id, ada, hash)).toMatchObject({ ok: true });
    expect(await rig.turn()).toMatchObject({ steppedDown: { edge: expect.any(Number) as number } });
    const ended = await until(
      'another leader is seen',
      60,
      async () => {
        const rotation = await rig.turn();
        return rotation.status === 'ended' ? rotation : undefined;
      },
      () => JSON.stringify(rig.newest().waiting),
    );
    retired(ended);
    // No restart did it.
    expect(await start()).toBeCloseTo(before ?? 0, -4);
    disableOlder();
    await rig.restart();
  });

  it("rotated by the vault's own policy: the new version is followed", async () => {
    rig.asks({ vaultKey: { every: '90d', by: 'vault' } });
    const earlier = rig.newest().id;
    expect((await rig.turn()).id).toBe(earlier);
    await rig.azure.seals.rotate(sealKey);
    const followed = await rig.turn();
    expect(followed).toMatchObject({
      stage: 'verified',
      byName: 'Sealwatch',
      fresh: { ref: newestVersion() },
    });
    expect(followed.id).not.toBe(earlier);
    rig.clock.goAhead(clocksMs);
    expect(await rig.turn()).toMatchObject({ status: 'open' });
    await rig.restart();
    retired(await rig.turn());
    const { length } = versions();
    await rig.turn();
    expect([rig.newest().id, versions().length]).toEqual([followed.id, length]);
    disableOlder();
    await rig.restart();
  });
});

async function cluster() {
  const { fleet } = await rig.deps.loadFleet();
  const [edge] = fleet.clusters;
  if (!edge) throw new Error('no cluster');
  return { edge };
}
