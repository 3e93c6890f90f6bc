/** What a rotation that is open is taken back with, when fleet.yaml does not ask for it any more. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KindName } from '../../shared/rotation/rotation.ts';
import { rollBackRotation, runRotation } from '../../shared/work/rotate/respond-rotation.ts';
import { takeTurns } from '../../shared/work/rotate/turn.ts';
import { ada, type Over, RotationApp } from './rotation-app.ts';

let app: RotationApp;
beforeEach(async () => {
  app = await RotationApp.start();
});
afterEach(() => app.close());

describe('where fleet.yaml does not ask for the rotation any more', () => {
  const dropped: Over = { rotation: { token: undefined, sinks: undefined } };

  it.each<[KindName, string, Over, string]>([
    ['transit-token', 'payments', dropped, 'rotation.token'],
    ['transit-key', 'payments', { rotation: { transitKey: undefined } }, 'rotation.transitKey'],
    ['entra-secret', 'cloud', { cloud: { rotation: undefined } }, 'rotation.secret'],
    ['keyvault-key', 'cloud', {}, 'rotation.vaultKey'],
  ])('%s is still there for what is open, and nothing is made', async (kind, name, over, field) => {
    const { deps, fleet, cluster } = await app.composed(over);
    const opened = await deps.rotation(fleet, cluster(name), kind);
    if (!opened.ok) throw new Error(opened.why);
    expect(await opened.kind.create('payments.x')).toEqual({
      ok: false,
      code: 'not-configured',
      detail: `${field} is not in fleet.yaml: nothing is made`,
      nothingMade: true,
    });
    expect(app.provider.asked()).toEqual([[]]);
    await opened.close();
  });

  it('a token is seen by the role that it was made through, and one of ours can be ended', async () => {
    const of = (meta: Record<string, string>) => ({
      meta,
      role: 'seal-payments',
      creation_ttl: 3600,
      ttl: 1000,
    });
    const ours = app.provider.fake.add(
      of({ 'sealwatch-rotation': 'payments.x', 'sealwatch-cluster': 'payments' }),
    );
    writeFileSync(app.path, ours);
    const asked = (over: Over) => async () => {
      const { deps, fleet, cluster } = await app.composed(over);
      const opened = await deps.rotation(fleet, cluster('payments'), 'transit-token');
      if (!opened.ok) throw new Error(opened.why);
      return opened;
    };
    const before = await asked({})();
    const seen = await before.kind.look(Buffer.from(ours));
    const periodic = { state: 'works', renewable: true, lifeMs: 3_600_000 };
    const looksSo = {
      ok: true,
      value: { current: periodic, ours: [{ rotation: 'payments.x' }], foreign: [] },
    };
    expect(seen).toMatchObject(looksSo);
    const after = await asked(dropped)();
    const again = await after.kind.look(Buffer.from(ours));
    expect(again).toMatchObject(looksSo);
    expect(again.ok && again.value.current).not.toHaveProperty('unfit');
    const ref = app.provider.fake.tokens.get(ours)?.accessor ?? '';
    expect(await after.kind.exercise({ ref }, Buffer.from(ours))).toEqual({ ok: true, value: undefined });
    expect(await after.kind.orphans('payments.x', { at: 0 })).toEqual({
      ok: true,
      value: { state: 'known', end: [ref] },
    });
    expect(await after.kind.end?.(ref)).toEqual({ ok: true, value: undefined });
    expect(app.provider.fake.tokens.has(ours)).toBe(false);
    await Promise.all([before.close(), after.close()]);
  });

  it('an open rotation is taken back to its end: what a sink was given stays alive, and that is said', async () => {
    const { deps } = await app.composed();
    const begun = await runRotation(deps, 'payments', 'transit-token', ada, 'a test');
    const id = begun.ok ? begun.value.id : '';
    const fresh = readFileSync(app.path, 'utf8');
    const without = await app.composed(dropped);
    expect(await rollBackRotation(without.deps, id, ada, 'not wanted any more')).toMatchObject({ ok: true });
    await takeTurns(without.deps, 'payments');
    expect(app.state.everyRotation()).toMatchObject([
      {
        status: 'ended',
        ended: { outcome: 'rolled-back', left: [expect.stringContaining('sink disk') as string] },
      },
    ]);
    expect(app.provider.fake.tokens.has(fresh)).toBe(true);
    expect(app.provider.fake.tokens.has(app.provider.seal)).toBe(true);
  });
});
