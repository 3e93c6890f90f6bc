/** A client secret that a rotation made, when fleet.yaml does not ask for rotations any more. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import { must } from '../contract/rotation-kind.ts';
import { AzureKindsUnderTest } from '../rotation/kinds/azure-kinds-under-test.ts';

let azure: AzureKindsUnderTest;
beforeEach(async () => {
  azure = await AzureKindsUnderTest.start();
});
afterEach(() => azure.close());

it('is seen, tried and ended by the id of the application that the nodes sign in as; no other is made', async () => {
  const before = azure.secretKind();
  const { fresh, value } = must(await before.create('payments.x'));
  const secret = must((await value?.()) ?? { ok: false, code: 'odd', detail: 'no value' });
  const { rotation: _rotation, ...rest } = azure.cluster();
  const dropped: Cluster = rest;
  const left = azure.secretKind(dropped);
  expect(must(await left.look(secret))).toMatchObject({
    current: { state: 'works' },
    ours: [{ rotation: 'payments.x', ref: fresh.ref }],
  });
  expect(await left.exercise(fresh, secret)).toEqual({ ok: true, value: undefined });
  expect(await left.create('payments.y')).toMatchObject({ ok: false, code: 'not-configured' });
  expect(must(await left.orphans('payments.x', { at: 0 }))).toEqual({ state: 'known', end: [fresh.ref] });
  // The fake takes removals by the object id alone; Graph takes both (application: removePassword).
  await left.end?.(fresh.ref);
  expect(azure.graph.received.at(-1)).toMatchObject({
    path: `/v1.0/applications(appId='${azure.graph.appId}')/removePassword`,
    body: JSON.stringify({ keyId: fresh.ref }),
  });
});
